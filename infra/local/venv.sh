#!/usr/bin/env bash
# Makes the virtual environment with the pinned versions, where it is missing or behind, and prints its Python. Of several
# calls at once one makes it, and the others wait for it.
#   venv.sh FOLDER [REQUIREMENTS]
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
venv=$1
requirements=${2:-$here/requirements.txt}
mkdir -p "$(dirname "$venv")"

# The lock lies on the open file, which is this script's: it ends with the script, however that ends.
exec 9>"$venv.lock"
python3 -c 'import fcntl; fcntl.flock(9, fcntl.LOCK_EX)'

if ! cmp -s "$requirements" "$venv/installed.txt"; then
  python3 -m venv "$venv"
  "$venv/bin/python" -m pip install --quiet --disable-pip-version-check -r "$requirements" >&2
  cp "$requirements" "$venv/installed.txt"
fi
echo "$venv/bin/python"
