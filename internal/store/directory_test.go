package store_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/charmap"

	"vmaudit/internal/store"
)

var stockholm = mustZone("Europe/Stockholm")

func mustZone(name string) *time.Location {
	zone, err := time.LoadLocation(name)
	if err != nil {
		panic(err)
	}
	return zone
}

func windows1252(text string) []byte {
	content, err := charmap.Windows1252.NewEncoder().Bytes([]byte(text))
	if err != nil {
		panic(err)
	}
	return content
}

func workbook(t *testing.T, rows ...[]any) []byte {
	t.Helper()
	book := excelize.NewFile()
	defer book.Close()
	for i, row := range rows {
		cell, err := excelize.CoordinatesToCellName(1, i+1)
		if err != nil {
			t.Fatal(err)
		}
		if err := book.SetSheetRow("Sheet1", cell, &row); err != nil {
			t.Fatal(err)
		}
	}
	var b bytes.Buffer
	if err := book.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestReadDirectory(t *testing.T) {
	asa := store.Holder{Line: 2, Extension: "4105", Mobile: "070-174 06 53", Mailbox: "4105", Name: "Åsa Öberg", Unit: "Förskola", Controller: "SKH", Protected: true}
	for name, test := range map[string]struct {
		content []byte
		want    []store.Holder
		wrong   []store.Problem
	}{
		"comma, UTF-8": {[]byte("extension,name,unit,controller,mobile,protected\n4105,Åsa Öberg,Förskola,SKH,070-174 06 53,yes\n"), []store.Holder{asa}, nil},
		"semicolon, Windows-1252, Swedish": {
			windows1252("Anknytning;Namn;Enhet;Förvaltning;Mobil;Skyddade personuppgifter\r\n4105;Åsa Öberg;Förskola;SKH;070-174 06 53;Ja\r\n"), []store.Holder{asa}, nil,
		},
		"byte order mark":        {[]byte("\xef\xbb\xbfanknytning;namn;enhet;förvaltning;mobil;skyddad\n4105;Åsa Öberg;Förskola;SKH;070-174 06 53;x\n"), []store.Holder{asa}, nil},
		"XLSX":                   {workbook(t, []any{"anknytning", "namn", "enhet", "förvaltning", "mobil", "skyddad"}, []any{4105, "Åsa Öberg", "Förskola", "SKH", "070-174 06 53", "ja"}), []store.Holder{asa}, nil},
		"doubtful protection":    {[]byte("extension,protected\n4105,maybe\n"), []store.Holder{{Line: 2, Extension: "4105", Mailbox: "4105", Protected: true}}, []store.Problem{{Line: 2, Reason: `protected is "maybe", not yes or no: taken as yes`}}},
		"shared mailbox":         {[]byte("extension,mailbox,protected\n4105,4900,\n4106,4900,\n"), []store.Holder{{Line: 2, Extension: "4105", Mailbox: "4900"}, {Line: 3, Extension: "4106", Mailbox: "4900"}}, nil},
		"dates, the last day in": {[]byte("extension,valid_from,valid_to,protected\n4105,2019-01-01,2019-02-24,no\n"), []store.Holder{{Line: 2, Extension: "4105", Mailbox: "4105", From: time.Date(2019, 1, 1, 0, 0, 0, 0, stockholm), To: time.Date(2019, 2, 25, 0, 0, 0, 0, stockholm)}}, nil},
		"bad rows between good ones": {
			[]byte("extension,name,valid_to,protected\n4105,A,\n,B,\n4106,C,24/2\n4107,D,,,,\n\"4108,E\n"),
			[]store.Holder{{Line: 2, Extension: "4105", Mailbox: "4105", Name: "A"}, {Line: 4, Extension: "4106", Mailbox: "4106", Name: "C"}, {Line: 5, Extension: "4107", Mailbox: "4107", Protected: true}},
			[]store.Problem{
				{Line: 3, Reason: "the row has no extension", Fatal: true},
				{Line: 4, Reason: `valid_to: "24/2" is not a date like 2019-02-22: the row counts for all time, and its mobile is not taken for the owner's`},
				{Line: 5, Reason: "6 cells under 4 columns: only the extension is kept, as protected"},
				{Line: 6, Reason: `extraneous or missing " in quoted-field`, Fatal: true},
			},
		},
		"columns that say nothing": {
			[]byte("extension,Fax\n4105,1\n"), []store.Holder{{Line: 2, Extension: "4105", Mailbox: "4105"}},
			[]store.Problem{{Line: 1, Reason: `column "fax" is not understood and not used`}, {Line: 1, Reason: "no column says who is protected (protected, skyddad): nobody is hidden"}},
		},
		"dates of a workbook": {
			workbook(t, []any{"extension", "valid_from", "protected"}, []any{4105, time.Date(2019, 1, 15, 0, 0, 0, 0, time.UTC), "no"}),
			[]store.Holder{{Line: 2, Extension: "4105", Mailbox: "4105", From: time.Date(2019, 1, 15, 0, 0, 0, 0, stockholm)}}, nil,
		},
		"a name that moves the cursor": {[]byte("extension,name,protected\n4105,\"A\x1b[2J\nB\",no\n"), []store.Holder{{Line: 2, Extension: "4105", Mailbox: "4105", Name: "A [2J B"}}, nil},
		"no extension at all": {
			[]byte("extension,protected\nSumma 3,\n4104-4106,\n"), nil,
			[]store.Problem{
				{Line: 2, Reason: `extension "Summa 3" is not a number: write its digits only, one extension a row`, Fatal: true},
				{Line: 3, Reason: `extension "4104-4106" is not a number: write its digits only, one extension a row`, Fatal: true},
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			got, wrong, err := store.ReadDirectory(bytes.NewReader(test.content), stockholm)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got, cmpopts.IgnoreUnexported(store.Holder{})); diff != "" {
				t.Errorf("holders (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(test.wrong, wrong); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
		})
	}
}

func TestReadDirectoryRefuses(t *testing.T) {
	for name, test := range map[string]struct{ content, want string }{
		"nothing":          {"", "the file has no rows: the first must name the columns"},
		"no extension":     {"name,unit\nA,B\n", "no column is called extension (or anknytning)"},
		"a column twice":   {"extension,anknytning\n1,2\n", "two columns are the extension"},
		"a broken archive": {"PK\x03\x04nothing", "reading the workbook"},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := store.ReadDirectory(strings.NewReader(test.content), stockholm)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
}

func FuzzReadDirectory(f *testing.F) {
	f.Add([]byte("extension,name,protected,valid_to\n4105,Åsa,yes,2019-02-24\n"))
	f.Add(windows1252("anknytning;namn\n4105;Åsa\n"))
	f.Add([]byte("\"extension\n"))
	f.Add([]byte("PK\x03\x04"))
	f.Fuzz(func(t *testing.T, content []byte) {
		holders, _, err := store.ReadDirectory(bytes.NewReader(content), stockholm)
		if err != nil && holders != nil {
			t.Error("rows and an error")
		}
		for _, h := range holders {
			if h.Extension == "" || h.Mailbox == "" {
				t.Errorf("a holder of nothing: %+v", h)
			}
		}
	})
}
