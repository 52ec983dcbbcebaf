#!/usr/bin/env bash
# Stops what up.sh started. The functions end with the local AWS, and everything in it is forgotten.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
TARGET=${TARGET:-$here/../../target}

stop() { # name script
  local file=$TARGET/aws/$1.pid pid
  [[ -s $file ]] || return 0
  pid=$(<"$file")
  if ps -p "$pid" -o args= 2>/dev/null | grep -qF "$2"; then
    kill "$pid"
    for _ in {1..50}; do
      kill -0 "$pid" 2>/dev/null || break
      sleep 0.1
    done
    if kill -0 "$pid" 2>/dev/null; then kill -9 "$pid"; fi
  fi
  rm -f "$file"
}

stop ses ses.py
stop ministack launch.py
rm -rf "$TARGET/aws/tmp"
