package store

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/charmap"
)

// directoryLimit bounds what a directory file may unpack to: a city of 40,000
// extensions needs some 10 MB.
const directoryLimit = 256 << 20

// ReadDirectory reads a directory of staff from CSV (comma, semicolon or tab;
// UTF-8 or Windows-1252) or XLSX (the first sheet). Rows that are wrong are
// reported with their line and the others are read; the error is of the file as
// a whole. Days are days in zone.
func ReadDirectory(file io.Reader, zone *time.Location) ([]Holder, []Problem, error) {
	content, err := io.ReadAll(io.LimitReader(file, directoryLimit+1))
	if err != nil {
		return nil, nil, err
	}
	if len(content) > directoryLimit {
		return nil, nil, fmt.Errorf("the file is larger than %d MB: this is no directory of staff", directoryLimit>>20)
	}
	read := readCSV
	if bytes.HasPrefix(content, []byte("PK\x03\x04")) {
		read = readXLSX
	}
	rows, problems, err := read(content)
	if err != nil {
		return nil, nil, err
	}
	if len(rows) == 0 {
		return nil, nil, errors.New("the file has no rows: the first must name the columns")
	}
	at, unknown, err := layout(rows[0].cells)
	if err != nil {
		return nil, nil, err
	}
	for _, name := range unknown {
		problems = append(problems, Problem{rows[0].line, fmt.Sprintf("column %q is not understood and not used", name), false})
	}
	if _, ok := at["protected"]; !ok {
		problems = append(problems, Problem{rows[0].line, "no column says who is protected (protected, skyddad): nobody is hidden", false})
	}
	var holders []Holder
	for _, row := range rows[1:] {
		if strings.TrimSpace(strings.Join(row.cells, "")) == "" {
			continue
		}
		h, found := holder(row.cells, at, row.line, zone)
		if row.broken != "" && !fatal(found) {
			// Whose row it is can still be read, but not whether they are protected.
			h = Holder{Line: h.Line, Extension: h.Extension, Mailbox: h.Extension, Protected: true, saysProtected: true}
			found = []Problem{{row.line, row.broken + ": only the extension is kept, as protected", false}}
		}
		problems = append(problems, found...)
		if !fatal(found) {
			holders = append(holders, h)
		}
	}
	slices.SortStableFunc(problems, func(a, b Problem) int { return a.Line - b.Line })
	return holders, problems, nil
}

func fatal(problems []Problem) bool {
	for _, p := range problems {
		if p.Fatal {
			return true
		}
	}
	return false
}

type row struct {
	line   int
	cells  []string
	broken string // what is wrong with its cells
}

// readCSV decides the separator by the first line, which names the columns.
func readCSV(content []byte) (rows []row, problems []Problem, err error) {
	content = bytes.TrimPrefix(content, []byte("\xef\xbb\xbf"))
	if !utf8.Valid(content) {
		if content, err = charmap.Windows1252.NewDecoder().Bytes(content); err != nil {
			return nil, nil, err
		}
	}
	first, _, _ := bytes.Cut(content, []byte("\n"))
	reader := csv.NewReader(bytes.NewReader(content))
	reader.FieldsPerRecord = -1
	reader.TrimLeadingSpace = true
	for _, comma := range ";\t" {
		if bytes.ContainsRune(first, comma) {
			reader.Comma = comma
			break
		}
	}
	for {
		cells, err := reader.Read()
		if err == io.EOF {
			return rows, problems, nil
		}
		var bad *csv.ParseError
		if errors.As(err, &bad) {
			problems = append(problems, Problem{bad.Line, bad.Err.Error(), true})
			continue
		}
		if err != nil {
			return nil, nil, err
		}
		line, _ := reader.FieldPos(0)
		if len(rows) > 0 && len(cells) > len(rows[0].cells) {
			rows = append(rows, row{line, cells, fmt.Sprintf("%d cells under %d columns", len(cells), len(rows[0].cells))})
			continue
		}
		rows = append(rows, row{line, cells, ""})
	}
}

// Bounds of a workbook: a small file can unpack to more cells than memory has.
const (
	sheetColumns = 200
	sheetRows    = 500_000
)

func readXLSX(content []byte) (rows []row, _ []Problem, err error) {
	book, err := excelize.OpenReader(bytes.NewReader(content), excelize.Options{UnzipSizeLimit: directoryLimit})
	if err != nil {
		return nil, nil, fmt.Errorf("reading the workbook: %w", err)
	}
	defer book.Close()
	sheet := book.GetSheetName(0)
	read, err := book.Rows(sheet)
	if err != nil {
		return nil, nil, fmt.Errorf("reading sheet %q: %w", sheet, err)
	}
	defer read.Close()
	for n := 1; read.Next(); n++ {
		cells, err := read.Columns(excelize.Options{RawCellValue: true})
		if err != nil {
			return nil, nil, fmt.Errorf("reading sheet %q, row %d: %w", sheet, n, err)
		}
		if len(cells) > sheetColumns || n > sheetRows {
			return nil, nil, fmt.Errorf("sheet %q has more than %d columns or %d rows: this is no directory of staff", sheet, sheetColumns, sheetRows)
		}
		rows = append(rows, row{n, cells, ""})
	}
	return rows, nil, read.Error()
}
