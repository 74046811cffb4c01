package clickhouse

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// How a migration, written for one node, is written for a cluster:
//
//   - CREATE TABLE below a comment line "-- distributed by EXPR" becomes a
//     replicated NAME_local on every shard and a Distributed NAME over them,
//     which sends rows to shards by EXPR;
//   - any other CREATE TABLE of the MergeTree family becomes a replicated
//     table that every node holds whole;
//   - ALTER and DROP follow what their table became; everything else only
//     gets ON CLUSTER.
//
// A materialized view is refused: over a Distributed table it would see the
// rows of the node that took the insert and miss all others.

// renderer writes statements for one node or for a cluster. It remembers which
// tables are distributed, so it must see all statements in order.
type renderer struct {
	cluster     string // "" for one node
	database    string
	distributed []string
}

var distributedBy = regexp.MustCompile(`(?m)^\s*--\s*distributed by\s+(.+?)\s*$`)

// render returns the statements that one statement of a migration becomes.
func (r *renderer) render(sql string) ([]string, error) {
	if r.cluster == "" {
		return []string{sql}, nil
	}
	s, err := parseStatement(sql)
	if err != nil {
		return nil, err
	}
	switch s.verb + " " + s.kind {
	case "CREATE TABLE":
		return r.createTable(s)
	case "CREATE MATERIALIZED":
		return nil, fmt.Errorf("materialized view %q cannot be made on a cluster: write the rows where they are made", s.name)
	case "ALTER TABLE":
		return r.alterTable(s), nil
	case "DROP TABLE":
		return r.dropTable(s), nil
	}
	return []string{r.onCluster(s, s.name)}, nil
}

// statement is what the renderer needs to know of a statement: its text
// before, at and after the name of the thing it is about.
type statement struct {
	verb, kind string
	text       string
	head       string // up to the name
	name       string // without quotes
	tail       string // after the name
	tokens     []token
	afterName  int // index of the first token after the name
}

func parseStatement(sql string) (*statement, error) {
	s := &statement{text: sql, tokens: slices.Collect(tokens(sql))}
	if len(s.tokens) < 3 {
		return nil, fmt.Errorf("%q is no statement", sql)
	}
	s.verb, s.kind = s.tokens[0].text, s.tokens[1].text
	i := 2
	for i < len(s.tokens) && slices.Contains([]string{"OR", "REPLACE", "TABLE", "VIEW", "DICTIONARY", "FUNCTION", "IF", "NOT", "EXISTS"}, s.tokens[i].text) {
		i++
	}
	if i == len(s.tokens) {
		return nil, fmt.Errorf("%s %s has no name", s.verb, s.kind)
	}
	name := s.tokens[i]
	if i+1 < len(s.tokens) && s.tokens[i+1].text == "." {
		return nil, fmt.Errorf("%s %s names a database: a migration works in the current one", s.verb, s.kind)
	}
	s.head = strings.TrimSpace(sql[s.tokens[0].start:name.start])
	s.name = strings.Trim(sql[name.start:name.end], "`\"")
	s.tail = strings.TrimSpace(sql[name.end:])
	s.afterName = i + 1
	return s, nil
}

// onCluster is the statement, about another name, for all nodes.
func (r *renderer) onCluster(s *statement, name string) string {
	return strings.TrimSpace(fmt.Sprintf("%s %s ON CLUSTER %s %s", s.head, quoteName(name), quoteName(r.cluster), s.tail))
}

func (r *renderer) createTable(s *statement) ([]string, error) {
	by := distributedBy.FindStringSubmatch(s.text)
	name, path, replica := s.name, "/clickhouse/tables/"+r.database+"/"+s.name, "{shard}-{replica}"
	if by != nil {
		name = s.name + "_local"
		path, replica = "/clickhouse/tables/{shard}/"+r.database+"/"+name, "{replica}"
	}
	replicated, err := s.replicated(path, replica)
	if err != nil {
		return nil, err
	}
	all := []string{r.onCluster(replicated, name)}
	if by == nil {
		return all, nil
	}
	r.distributed = append(r.distributed, s.name)
	return append(all, fmt.Sprintf("%s %s ON CLUSTER %s AS %s ENGINE = Distributed(%s, %s, %s, %s)",
		s.head, quoteName(s.name), quoteName(r.cluster), quoteName(name),
		quoteString(r.cluster), quoteString(r.database), quoteString(name), by[1])), nil
}

// replicated is the statement with the replicated form of its engine. Engines
// that keep nothing stay as they are.
func (s *statement) replicated(path, replica string) (*statement, error) {
	i := slices.IndexFunc(s.tokens, func(t token) bool { return t.depth == 0 && t.text == "ENGINE" })
	if i < 0 || i+2 >= len(s.tokens) {
		return nil, fmt.Errorf("table %q has no ENGINE", s.name)
	}
	i++
	if s.tokens[i].text == "=" {
		i++
	}
	engine := s.tokens[i]
	if !strings.HasSuffix(engine.text, "MERGETREE") {
		return s, nil
	}
	args := quoteString(path) + ", " + quoteString(replica)
	end := engine.end
	rest := ""
	if i+1 < len(s.tokens) && s.tokens[i+1].text == "(" {
		end = s.tokens[i+1].end
		if s.tokens[i+2].text != ")" {
			args += ", "
		}
	} else {
		rest = ")"
	}
	out := *s
	offset := len(s.text) - len(strings.TrimRight(s.text, " \t\r\n"))
	nameEnd := s.tokens[s.afterName-1].end
	out.tail = strings.TrimSpace(s.text[nameEnd:engine.start] + "Replicated" + s.text[engine.start:engine.end] + "(" + args + rest + s.text[end:len(s.text)-offset])
	return &out, nil
}

func (r *renderer) alterTable(s *statement) []string {
	if !slices.Contains(r.distributed, s.name) {
		return []string{r.onCluster(s, s.name)}
	}
	all := []string{r.onCluster(s, s.name+"_local")}
	// Columns are known to both tables; everything else is about stored data.
	if s.afterName+1 < len(s.tokens) && s.tokens[s.afterName+1].text == "COLUMN" {
		all = append(all, r.onCluster(s, s.name))
	}
	return all
}

func (r *renderer) dropTable(s *statement) []string {
	i := slices.Index(r.distributed, s.name)
	if i < 0 {
		return []string{r.onCluster(s, s.name)}
	}
	r.distributed = slices.Delete(r.distributed, i, i+1)
	return []string{r.onCluster(s, s.name), r.onCluster(s, s.name+"_local")}
}
