package analysis

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// UnknownServerError says that sessions name servers, and none that the change
// names: by a misspelt name everybody would be out of scope.
type UnknownServerError struct {
	Change        string
	Servers, Have []string
}

func (e *UnknownServerError) Error() string {
	return fmt.Sprintf("change %q is of the servers %q, and the records of sessions name only %q: nothing can be said about it; check the names, or tell of the change without servers", e.Change, e.Servers, e.Have)
}

// demandServers returns an [UnknownServerError] when not one of the changed
// servers is known.
func (a *Auditor) demandServers(ctx context.Context, change string, servers []string) error {
	if len(servers) == 0 {
		return nil
	}
	have, err := a.sessionServers(ctx)
	known := func(s string) bool {
		return slices.ContainsFunc(have, func(name string) bool { return sameServer(name, s) })
	}
	if err != nil || len(have) == 0 || slices.ContainsFunc(servers, known) {
		return err
	}
	return &UnknownServerError{change, servers, have}
}

// sameServer compares names as situations.sql does: whatever their case, and up to
// the domain. Too many servers that count is better than too few.
func sameServer(a, b string) bool {
	first := func(name string) string { host, _, _ := strings.Cut(strings.ToLower(name), "."); return host }
	return first(a) == first(b)
}

// sessionServers returns every server that the records of a session name.
func (a *Auditor) sessionServers(ctx context.Context) (names []string, err error) {
	err = a.each(ctx, "reading which servers there are", `
		SELECT DISTINCT arrayJoin(servers) AS server FROM sessions
		WHERE server != '' AND (system, day, build) IN (SELECT system, day, build FROM session_days FINAL)
		ORDER BY server`,
		func(scan func(...any) error) error {
			var name string
			err := scan(&name)
			names = append(names, name)
			return err
		})
	return names, err
}

// noteServers tells what the changed servers did to the numbers.
func (a *Auditor) noteServers(ctx context.Context, audit *Audit, s *Summary) error {
	if len(audit.Change.Servers) == 0 {
		return nil
	}
	have, err := a.sessionServers(ctx)
	if err != nil {
		return err
	}
	if len(have) == 0 {
		s.say("the records name no server: sessions on servers that were not changed cannot be told from the others, and count")
	}
	for _, server := range audit.Change.Servers {
		if len(have) > 0 && !slices.ContainsFunc(have, func(name string) bool { return sameServer(name, server) }) {
			s.say("no session's records name the changed server %q; they name %q: check the name", server, have)
		}
	}
	if s.otherServers > 0 {
		s.say("%d sessions are out of scope because only servers that were not changed handled them, by what was told of the change", s.otherServers)
	}
	return nil
}
