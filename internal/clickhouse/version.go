package clickhouse

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	driver "github.com/ClickHouse/clickhouse-go/v2"
)

var versionPattern = regexp.MustCompile(`^\d+(\.\d+)+$`)

// askVersion asks a server over plain HTTP, in the one way that every server
// ever released understands.
func askVersion(ctx context.Context, opts *driver.Options) (version string, ok bool) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	u := url.URL{Scheme: "http", Host: opts.Addr[0], Path: "/" + strings.TrimPrefix(opts.HttpUrlPath, "/"),
		RawQuery: url.Values{"query": {"SELECT version()"}}.Encode()}
	if opts.TLS != nil {
		u.Scheme = "https"
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return "", false
	}
	if opts.Auth.Username != "" {
		req.SetBasicAuth(opts.Auth.Username, opts.Auth.Password)
	}
	t := &http.Transport{TLSClientConfig: opts.TLS}
	defer t.CloseIdleConnections()
	resp, err := t.RoundTrip(req)
	if err != nil {
		return "", false
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(io.LimitReader(resp.Body, 100))
	version = strings.TrimSpace(string(text))
	return version, err == nil && versionPattern.MatchString(version)
}
