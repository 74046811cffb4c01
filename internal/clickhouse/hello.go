package clickhouse

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"vmaudit/internal/clickhouse/internal/chdb"

	chproto "github.com/ClickHouse/ch-go/proto"
	"github.com/ClickHouse/clickhouse-go/v2/lib/column"
	"github.com/ClickHouse/clickhouse-go/v2/lib/proto"
)

// hello answers the driver's first question. The driver decodes this one
// answer at its own protocol revision and all later ones at the revision that
// this answer names. libchdb writes at revision 0, so this says 0.
func hello(conn *chdb.Conn, revision uint64, out io.Writer) error {
	var text bytes.Buffer
	if err := conn.Exec(&text, "SELECT displayName(), version(), timezone()", "TabSeparated", nil); err != nil {
		return err
	}
	fields := strings.Split(strings.TrimSpace(text.String()), "\t")
	if len(fields) != 3 {
		return fmt.Errorf("the engine introduced itself with %q", text.String())
	}
	return writeHello(out, revision, fields)
}

func writeHello(out io.Writer, revision uint64, fields []string) error {
	block := proto.NewBlock()
	for _, c := range []struct {
		name string
		kind column.Type
	}{{"displayName()", "String"}, {"version()", "String"}, {"revision()", "UInt32"}, {"timezone()", "String"}} {
		if err := block.AddColumn(c.name, c.kind); err != nil {
			return fmt.Errorf("answer the driver's hello: %w", err)
		}
	}
	if err := block.Append(fields[0], fields[1], uint32(0), fields[2]); err != nil {
		return fmt.Errorf("answer the driver's hello: %w", err)
	}
	var b chproto.Buffer
	if err := block.Encode(&b, revision); err != nil {
		return fmt.Errorf("answer the driver's hello: %w", err)
	}
	_, err := out.Write(b.Buf)
	return err
}
