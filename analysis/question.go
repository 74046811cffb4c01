package analysis

import (
	_ "embed"
	"strings"
	"text/template"
)

// What several questions have in common.
var (
	//go:embed near.sql
	nearSQL string
	//go:embed current.sql
	currentSQL string
)

// compose fills a question in with what it shares with others ({{template}}) and
// with data. Values never come this way: those are query parameters.
func compose(question string, data any) string {
	t := template.Must(template.New("question").Parse(question))
	template.Must(t.New("near").Parse(strings.TrimSpace(nearSQL)))
	template.Must(t.New("current").Parse(strings.TrimSpace(currentSQL)))
	var b strings.Builder
	if err := t.Execute(&b, data); err != nil {
		panic(err) // the questions are embedded, and tests compose them all
	}
	return b.String()
}
