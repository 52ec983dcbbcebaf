#!/usr/bin/env bash
# Starts LocalStack 4.14.0 without Docker, and waits until it answers. A second call finds it running.
#   LOCALSTACK_PORT (4566), TARGET (target/ of the repository), VENV (TARGET/localstack-venv), PYTHON (a Python 3.13)
# It keeps nothing beyond its run. down.sh stops it.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
TARGET=${TARGET:-$here/../../target}
LOCALSTACK_PORT=${LOCALSTACK_PORT:-4566}
mkdir -p "$TARGET/localstack"
TARGET=$(cd "$TARGET" && pwd)
venv=${VENV:-$TARGET/localstack-venv}
work=$TARGET/localstack
address=http://127.0.0.1:$LOCALSTACK_PORT

export DYNOXIDE=${DYNOXIDE:-$TARGET/tools/bin/dynoxide}
if [[ ! -x $DYNOXIDE ]]; then
  echo "$DYNOXIDE is missing: run \`make tools\`" >&2
  exit 1
fi
"$here/venv.sh" "$venv" >/dev/null

runs() {
  [[ -s $work/pid ]] && ps -p "$(<"$work/pid")" -o args= 2>/dev/null | grep -qF "$here/launch.py"
}

answers() {
  "$venv/bin/python" - "$address/_localstack/health" <<'PYTHON' 2>/dev/null
import sys, urllib.request
urllib.request.build_opener(urllib.request.ProxyHandler({})).open(sys.argv[1], timeout=2).read()
PYTHON
}

# The first call of a service loads it, which can take longer than a function waits for an answer.
warm() {
  AWS_ENDPOINT_URL=$address PYTHONPATH=$here "$venv/bin/python" - <<'PYTHON'
from address import client
client("dynamodb").list_tables()
client("sqs").list_queues()
client("s3").list_buckets()
client("ssm").describe_parameters()
client("scheduler").list_schedules()
PYTHON
}

if runs; then
  if answers; then
    echo "LocalStack at $address"
    exit
  fi
  echo "LocalStack runs, but not at $address: run down.sh first" >&2
  exit 1
fi
if (exec 3<>"/dev/tcp/127.0.0.1/$LOCALSTACK_PORT") 2>/dev/null; then
  echo "something else answers at $address: choose another LOCALSTACK_PORT" >&2
  exit 1
fi

# No account of the caller is ever within its reach.
for name in $(compgen -e | grep '^AWS_' || true); do unset "$name"; done
export AWS_EC2_METADATA_DISABLED=true AWS_CONFIG_FILE=/dev/null AWS_SHARED_CREDENTIALS_FILE=/dev/null
# The addresses that it gives out must resolve here: queues by path, and no name server of its own.
export GATEWAY_LISTEN=127.0.0.1:$LOCALSTACK_PORT LOCALSTACK_HOST=127.0.0.1:$LOCALSTACK_PORT
export SQS_ENDPOINT_STRATEGY=off DNS_ADDRESS=0
# No usage figures and no certificate from elsewhere.
export DISABLE_EVENTS=1 SKIP_SSL_CERT_DOWNLOAD=1
export OVERRIDE_IN_DOCKER=0 FILESYSTEM_ROOT=$work/files TMPDIR=$work/tmp DYNAMODB_IN_MEMORY=1
export NO_PROXY=127.0.0.1,localhost no_proxy=127.0.0.1,localhost
mkdir -p "$work/tmp"

nohup "$venv/bin/python" "$here/launch.py" >"$work/log" 2>&1 </dev/null &
echo $! >"$work/pid"
for _ in {1..300}; do
  if answers; then
    warm
    echo "LocalStack at $address"
    exit
  fi
  runs || break
  sleep 0.2
done
echo "LocalStack does not answer at $address; the end of its log:" >&2
tail -n 20 "$work/log" >&2
"$here/down.sh"
exit 1
