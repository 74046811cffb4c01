#!/usr/bin/env bash
# Gets Asterisk VERSION (16 or 22) for the tests into DIR: Debian's packages, extracted. Nothing is installed and
# root is not needed; the programs run from there by their own loader. A finished DIR is left as it is.
set -euo pipefail
version=${1:?usage: get.sh VERSION DIR} dir=${2:?usage: get.sh VERSION DIR}
sounds=asterisk-core-sounds-en-gsm,asterisk-core-sounds-en-wav
case $version in
16) suite=bullseye packages=asterisk,asterisk-voicemail,$sounds ;;
22) suite=sid packages=asterisk,$sounds ;;
*) echo "get.sh: there is no source for version \"$version\", only for 16 and 22" >&2; exit 2 ;;
esac
[ ! -e "$dir/finished" ] || exit 0
rm -rf "$dir"
mkdir -p "$(dirname "$dir")"
# The indexes of both suites can be older than they allow: one is no longer changed, one is being frozen.
mmdebstrap --quiet --mode=chrootless --variant=extract --aptopt='Acquire::Check-Valid-Until "false"' \
	--include="$packages" "$suite" "$dir" "deb ${DEBIAN_MIRROR:-http://deb.debian.org/debian} $suite main"
# What the packages' scripts would have done.
ln -sfn en_US_f_Allison "$dir/usr/share/asterisk/sounds/en"
touch "$dir/finished"
