# make is the only door. Each target installs what it needs.
SHELL := /bin/bash
.DELETE_ON_ERROR:
export GOTOOLCHAIN ?= auto
export CGO_ENABLED ?= 0

LIB := node_modules/.package-lock.json

.PHONY: all build demo test test-pbx test-sound check race bench fuzz soak clean
all: build

# The embedded engine's library, checked against the lock file's checksums.
$(LIB): package.json package-lock.json
	@command -v npm >/dev/null || { echo "make: npm is missing: install Node.js with npm (Debian: apt-get install nodejs npm)" >&2; exit 1; }
	npm ci --no-audit --no-fund
	@touch $@

build: $(LIB)
	go build -o bin/vmaudit ./cmd/vmaudit

# A recorded run of a real system, from its exports to the list of affected extensions.
demo: build
	@bash testdata/demo.sh bin/vmaudit

test: $(LIB)
	VMAUDIT_TEST_ENGINE=$${VMAUDIT_TEST_ENGINE:-demand} VMAUDIT_TEST_PBX=$${VMAUDIT_TEST_PBX:-off} VMAUDIT_TEST_SOUND=$${VMAUDIT_TEST_SOUND:-off} go test ./...

# Calls on real Asterisks, got into .cache; LONG=1 places three times as many.
test-pbx: $(LIB)
	@missing=; command -v mmdebstrap >/dev/null || missing=mmdebstrap; command -v sipp >/dev/null || missing="$$missing sip-tester"; \
	as_root=; [ "$$(id -u)" = 0 ] || as_root=sudo; \
	[ -z "$$missing" ] || { $$as_root apt-get update -q && $$as_root apt-get install -qy --no-install-recommends $$missing; }
	timeout 300 testdata/asterisk/get.sh 16 .cache/asterisk/16 & first=$$!; timeout 300 testdata/asterisk/get.sh 22 .cache/asterisk/22; second=$$?; wait $$first && exit $$second
	VMAUDIT_TEST_ENGINE=demand VMAUDIT_TEST_PBX=demand go test ./cmd/vmaudit -count=1 -timeout 30m -run PBX $(if $(LONG),-long)

# What the ear hears through real codecs, of recorded and of synthetic speech, got into .cache; LONG=1 gets every
# recording and measures for hours: HOURS of synthetic speech, CANARIES before a switch's detectors.
SOUND_NEEDS := gcc libc6-dev sox espeak-ng libspandsp-dev libgsm1-dev libopencore-amrnb-dev libbcg729-dev libcodec2-dev \
	libopus-dev libspeex-dev $(if $(LONG),unzip opus-tools)
HOURS ?= 300
CANARIES ?= 10000
test-sound:
	@missing=; for p in $(SOUND_NEEDS); do [ "$$(dpkg-query -Wf '$${db:Status-Status}' $$p 2>/dev/null)" = installed ] || missing="$$missing $$p"; done; \
	as_root=; [ "$$(id -u)" = 0 ] || as_root=sudo; \
	[ -z "$$missing" ] || { $$as_root apt-get update -q && $$as_root apt-get install -qy --no-install-recommends $$missing; }
	sipprobe/soundtest/get.sh $(if $(LONG),long,short) .cache/sound
	VMAUDIT_TEST_SOUND=demand go test ./sipprobe/... -count=1 -timeout 30m
	$(if $(LONG),VMAUDIT_TEST_SOUND=demand go test ./sipprobe/canary -count=1 -timeout 24h -v -run 'FalseAccepts|Triggers' -hours $(HOURS) -canaries $(CANARIES))

check: $(LIB)
	@files=$$(git ls-files -co --exclude-standard '*.go') && [ -n "$$files" ] || { echo "make: git cannot list the files: check needs a git checkout of your own" >&2; exit 1; }; \
	unformatted=$$(gofmt -l $$files); [ -z "$$unformatted" ] || { echo "make: gofmt -w these:" $$unformatted >&2; exit 1; }
	go vet ./...
	go tool staticcheck ./...
	@$(MAKE) --no-print-directory vulnerabilities race

# The race detector needs cgo.
race: $(LIB)
	VMAUDIT_TEST_ENGINE=$${VMAUDIT_TEST_ENGINE:-demand} VMAUDIT_TEST_SOUND=$${VMAUDIT_TEST_SOUND:-off} CGO_ENABLED=1 go test -race -short ./...

# A machine without a way to the database of vulnerabilities says so and goes on.
.PHONY: vulnerabilities
vulnerabilities:
	@out=$$(go tool govulncheck ./... 2>&1); code=$$?; echo "$$out"; \
	if [ $$code -ne 0 ] && grep -q 'fetching vulnerabilities' <<<"$$out"; then \
		echo "make: govulncheck cannot reach its database: NOT CHECKED" >&2; exit 0; fi; exit $$code

bench: $(LIB)
	VMAUDIT_TEST_ENGINE=demand go test -run '^$$' -bench . -benchmem -timeout 60m ./...

# Every fuzz target for FUZZTIME each.
FUZZTIME ?= 20s
fuzz: $(LIB)
	@set -e; found=0; for pkg in $$(go list ./...); do for f in $$(go test -list '^Fuzz' $$pkg | grep '^Fuzz' || true); do \
		found=$$((found+1)); go test -run '^$$' -fuzz "^$$f\$$" -fuzztime $(FUZZTIME) $$pkg; done; done; [ $$found -gt 0 ]

# What takes too long for every day: a hundred kills of imports and of engines, thousands of cycles.
soak: $(LIB)
	VMAUDIT_TEST_ENGINE=demand VMAUDIT_TEST_KILLS=100 VMAUDIT_TEST_SOAK=5000 \
		go test -v -timeout 2h -run 'Soak|Killed' ./internal/clickhouse ./cmd/vmaudit

clean:
	rm -rf bin node_modules
