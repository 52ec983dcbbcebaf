#!/usr/bin/env bash
# Starts the local AWS and the stand-in for SES, and waits until both answer. A second call finds them running.
#   AWS_LOCAL_PORT (4566), SES_PORT (4567), TARGET (target/ of the repository), AWS_VENV (aws-venv in TARGET)
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
TARGET=${TARGET:-$here/../../target}
AWS_LOCAL_PORT=${AWS_LOCAL_PORT:-4566}
SES_PORT=${SES_PORT:-4567}
mkdir -p "$TARGET/aws/tmp"
TARGET=$(cd "$TARGET" && pwd)
python=$("$here/venv.sh" "${AWS_VENV:-$TARGET/aws-venv}")

# Whether the process of a pid file is alive and is the one that was started for it.
runs() { # name script
  [[ -s $TARGET/aws/$1.pid ]] && ps -p "$(<"$TARGET/aws/$1.pid")" -o args= 2>/dev/null | grep -qF "$2"
}

answers() { # address
  "$python" - "$1" <<'PYTHON' 2>/dev/null
import sys, urllib.request
urllib.request.build_opener(urllib.request.ProxyHandler({})).open(sys.argv[1], timeout=2).read()
PYTHON
}

start() { # name script address
  local name=$1 script=$2 address=$3
  if ! runs "$name" "$script"; then
    if answers "$address"; then
      echo "something else answers at $address: choose another port" >&2
      exit 1
    fi
    nohup "$python" "$here/$script" >"$TARGET/aws/$name.log" 2>&1 </dev/null &
    echo $! >"$TARGET/aws/$name.pid"
  fi
  for _ in {1..100}; do
    if answers "$address"; then return; fi
    runs "$name" "$script" || break
    sleep 0.2
  done
  echo "$name does not answer at $address; the end of its log:" >&2
  tail -n 20 "$TARGET/aws/$name.log" >&2
  exit 1
}

# The functions inherit these. No account of the caller is ever within their reach.
for name in $(compgen -e | grep '^AWS_' | grep -vE "^AWS_(LOCAL_PORT|VENV)\$" || true); do unset "$name"; done
export AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_REGION=us-east-1 AWS_DEFAULT_REGION=us-east-1
export AWS_EC2_METADATA_DISABLED=true AWS_CONFIG_FILE=/dev/null AWS_SHARED_CREDENTIALS_FILE=/dev/null
export AWS_ENDPOINT_URL=http://127.0.0.1:$AWS_LOCAL_PORT AWS_ENDPOINT_URL_SESV2=http://127.0.0.1:$SES_PORT
export BIND_HOST=127.0.0.1 GATEWAY_PORT=$AWS_LOCAL_PORT SES_PORT TMPDIR=$TARGET/aws/tmp
export NO_PROXY=127.0.0.1,localhost no_proxy=127.0.0.1,localhost

start ministack launch.py "$AWS_ENDPOINT_URL/_ministack/ready"
start ses ses.py "$AWS_ENDPOINT_URL_SESV2/_sent"
echo "local AWS at $AWS_ENDPOINT_URL, SES at $AWS_ENDPOINT_URL_SESV2"
