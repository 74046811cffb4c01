package cdr

import (
	"bytes"
	"fmt"
	"testing"
	"time"
)

// export writes rows like a town's: 95 callers, 100 extensions, a quarter of
// the calls into voicemail.
func export(kind string, rows int) []byte {
	var b bytes.Buffer
	at := time.Date(2026, 11, 21, 6, 0, 0, 0, time.UTC)
	for i := range rows {
		caller := fmt.Sprintf("07017406%02d", 5+i%95)
		ext := 4100 + i*7%100
		start := at.Add(time.Duration(i) * 137 * time.Millisecond)
		id := fmt.Sprintf("%d.%d", start.Unix(), i)
		app, data, other := "Dial", fmt.Sprintf("PJSIP/%d,20", ext), fmt.Sprintf("PJSIP/%d-%08x", ext, i)
		if i%4 == 0 {
			app, data, other = "VoiceMail", fmt.Sprintf("%d@default,u", ext), ""
		}
		if kind == "cdr" {
			fmt.Fprintf(&b, `"","%s","%d","vm","""%s"" <%s>","PJSIP/trunk-%08x","%s","%s","%s","%s","%s","%s",20,20,"ANSWERED","DOCUMENTATION","%s","","","%s",%d`+"\n",
				caller, ext, caller, caller, i, other, app, data, start.Format(plainLayout), start.Format(plainLayout), start.Add(20*time.Second).Format(plainLayout), id, id, i)
			continue
		}
		fmt.Fprintf(&b, `"APP_START","%s","%s","%s","%s","","%d","%d","vm","PJSIP/trunk-%08x","%s","%s","3","","%s","%s","","","",""`+"\n",
			start.Format(plainLayout+".000"), caller, caller, caller, ext, ext, i, app, data, id, id)
	}
	return b.Bytes()
}

func benchmark(b *testing.B, kind string) {
	const rows = 100_000
	data := export(kind, rows)
	f, n, zone := format(b, "asterisk-"+kind), numbers(b), stockholm(b)
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		r := NewReader(bytes.NewReader(data), f, ReaderOptions{Zone: zone, Numbers: n})
		for r.Scan() {
			if r.Reject() != nil {
				b.Fatal(r.Reject())
			}
		}
		if c := r.Counts(); r.Err() != nil || c.Records != rows {
			b.Fatal(c, r.Err())
		}
	}
	b.ReportMetric(float64(rows)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}

func BenchmarkReadCDR(b *testing.B) { benchmark(b, "cdr") }
func BenchmarkReadCEL(b *testing.B) { benchmark(b, "cel") }
