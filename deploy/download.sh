#!/usr/bin/env bash
# Part of action.yml: downloads the binary of the release that the action is used by,
# such as v1.2.3, to $RUNNER_TEMP/reviewgate, and holds it to the release's checksums.
# Any other ref, such as a branch or a commit, and a runner that no release is built for
# leave it to the action to build from source.
set -euo pipefail

version="${REF#v}"
[[ "$REF" =~ ^v[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.-]+)?$ ]] || exit 0
case "$RUNNER_OS" in
  Linux) os=linux ;;
  macOS) os=darwin ;;
  *) exit 0 ;;
esac
case "$RUNNER_ARCH" in
  X64) arch=amd64 ;;
  ARM64) arch=arm64 ;;
  *) exit 0 ;;
esac

archive="reviewgate_${version}_${os}_${arch}.tar.gz"
from="https://github.com/$REPOSITORY/releases/download/$REF"
dir="$RUNNER_TEMP/reviewgate-release"
mkdir -p "$dir"
for file in "$archive" checksums.txt; do
  if ! curl -fsSL --proto '=https' --retry 3 -o "$dir/$file" "$from/$file"; then
    echo "download of $from/$file failed; run the job again, or use the action by the id of a commit, which builds it from source" >&2
    exit 1
  fi
done
sums=(sha256sum)
command -v sha256sum >/dev/null || sums=(shasum -a 256)
want="$(awk -v file="$archive" '$2 == file { print $1 }' "$dir/checksums.txt")"
got="$("${sums[@]}" "$dir/$archive" | awk '{ print $1 }')"
if [ -z "$want" ] || [ "$want" != "$got" ]; then
  echo "the checksum of $archive is not that of the release; nothing of it was run" >&2
  exit 1
fi
tar -xzf "$dir/$archive" -C "$RUNNER_TEMP" reviewgate
echo "found=true" >>"$GITHUB_OUTPUT"
