#!/usr/bin/env bash
# The recorded run of a real Asterisk through vmaudit: its exports, its directory, the faulty
# upgrade, who was exposed and why. Everything is kept in a folder that is removed at the end.
set -euo pipefail
vmaudit=$(realpath "${1:?the program}")
cd "$(dirname "$0")/asterisk-run"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
export VMAUDIT_DB=$scratch/data XDG_CONFIG_HOME=$scratch/config

run() {
	echo
	echo "\$ vmaudit $*"
	local code=0
	"$vmaudit" "$@" || code=$?
	case $code in
	0) ;;
	3) echo "(exit code 3: playback confirmed, or a mailbox opened by a stranger)" ;;
	*) exit "$code" ;;
	esac
}

run import --system asterisk --zone UTC Master.csv cel.csv spool.csv
run directory import directory.csv
run change add --id upgrade --vendor "the telco" --from 2026-11-21T21:53:05Z
run audit --change upgrade
run affected --change upgrade
run session list --change upgrade --verdict misdelivered
run access-log
