#!/usr/bin/env bash
# Gets the recordings that corpora.txt lists into DIR: Debian's packages, extracted and converted to 8 kHz mono 16 bit.
# Nothing is installed and root is not needed. "short" leaves out those for long measurements. What is there stays.
set -euo pipefail
usage="usage: get.sh short|long DIR"
when=${1:?$usage} dir=${2:?$usage} list=$(dirname "$0")/corpora.txt
mkdir -p "$dir"
dir=$(cd "$dir" && pwd)

# convert FILE: its samples are added to sound.l16, its length, checksum and name to files.txt. What sox cannot read
# is named and left out.
convert() {
	local file=$1
	case $1 in *.opus) opusdec --quiet --force-wav "$1" one.wav && file=one.wav ;; esac
	if sox -V1 -D "$file" -t raw -e signed -b 16 -L -r 8000 -c 1 one.l16 remix - 2>one.err && [ -s one.l16 ]; then
		cat one.l16 >>sound.l16
		printf '%s %s %s\n' $(($(stat -c %s one.l16) / 2)) "$(sha256sum <one.l16 | cut -c1-64)" "${1#package/}" >>files.txt
	else
		echo "get.sh: ${1#package/} is left out: $(head -1 one.err | grep . || echo no samples)" >&2
	fi
}

# get PACKAGE, into this folder. Some games keep their sounds in zip files.
get() {
	apt-get download -qo APT::Sandbox::User=root "$1" >/dev/null
	dpkg -x ./*.deb package
	find package -type f \( -name '*.zip' -o -name '*.pk3' -o -name '*.wz' \) -execdir unzip -qo {} \; 2>/dev/null || true
	: >sound.l16 >files.txt
	while IFS= read -r -d '' file; do convert "$file"; done < <(
		find package -type f \( -iname '*.wav' -o -iname '*.ogg' -o -iname '*.gsm' -o -iname '*.flac' -o -iname '*.opus' \) -print0 | LC_ALL=C sort -z)
	[ -s files.txt ] || { echo "get.sh: $1 has no sound that can be read" >&2; exit 1; }
	rm -rf package one.* ./*.deb
	touch finished
}

grep -v '^#' "$list" | while read -r name package _ _ _ need; do
	[ "$need" = short ] || [ "$when" = long ] || continue
	[ ! -e "$dir/$name/finished" ] || continue
	rm -rf "${dir:?}/$name" && mkdir "$dir/$name"
	(cd "$dir/$name" && get "$package" </dev/null)
	echo "get.sh: $name: $(wc -l <"$dir/$name/files.txt") files" >&2
done
