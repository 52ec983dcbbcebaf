#!/usr/bin/env bash
# Stops what up.sh started. Everything in it is forgotten.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
work=${TARGET:-$here/../../target}/localstack

[[ -s $work/pid ]] || exit 0
pid=$(<"$work/pid")
if ps -p "$pid" -o args= 2>/dev/null | grep -qF "$here/launch.py"; then
  kill "$pid"
  for _ in {1..100}; do
    kill -0 "$pid" 2>/dev/null || break
    sleep 0.1
  done
  if kill -0 "$pid" 2>/dev/null; then kill -9 "$pid"; fi
fi
rm -rf "$work"
