#!/usr/bin/env bash
# Grades a day-13 submission the way a course does it with a script: databases by compose, npm ci, npm start, a Jest
# suite over HTTP, autocannon, everything down.
#
#   grade.sh SUBMISSION TOOLS LIST_SECONDS PRODUCT_SECONDS
#
# TOOLS is a folder with jest and autocannon in node_modules/.bin; the seconds are how long autocannon asks for the list
# of products and for one product. Where compose is missing, `docker run` starts the same containers side by side.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
submission=$1
tools=$2/node_modules/.bin
list_seconds=$3
product_seconds=$4

export POSTGRES_PORT=${POSTGRES_PORT:-25432} REDIS_PORT=${REDIS_PORT:-26379} MONGO_PORT=${MONGO_PORT:-27018} PORT=${PORT:-23000}
export DATABASE_URL=postgres://postgres:postgres@127.0.0.1:$POSTGRES_PORT/shop
export REDIS_URL=redis://127.0.0.1:$REDIS_PORT
export MONGODB_URI=mongodb://127.0.0.1:$MONGO_PORT/shop
export API=http://127.0.0.1:$PORT
name=grade-baseline-$$

step() { printf '== %s\n' "$*"; }

if docker compose version >/dev/null 2>&1; then
  compose() { docker compose --project-name "$name" --file "$here/compose.yaml" --progress quiet "$@"; }
  up() { compose up --detach --wait; }
  down() { compose down --volumes; }
else
  start() { docker run --detach --name "$name-$1" "${@:2}" >/dev/null; }
  healthy() { until docker exec "$name-$1" "${@:2}" >/dev/null 2>&1; do sleep 1; done; }
  one() { start "$1" "${@:3:$2}" && healthy "$1" "${@:3+$2}"; }
  up() {
    local pids=() pid
    one postgres 7 -p "127.0.0.1:$POSTGRES_PORT:5432" -e POSTGRES_PASSWORD=postgres -e POSTGRES_DB=shop "${GRADE_IMAGE_POSTGRES:-postgres:17}" \
      pg_isready -h 127.0.0.1 -U postgres & pids+=($!)
    one redis 3 -p "127.0.0.1:$REDIS_PORT:6379" "${GRADE_IMAGE_REDIS:-redis:8}" redis-cli ping & pids+=($!)
    one mongo 3 -p "127.0.0.1:$MONGO_PORT:27017" "${GRADE_IMAGE_MONGO:-mongo:8}" bash -c '</dev/tcp/127.0.0.1/27017' & pids+=($!)
    for pid in "${pids[@]}"; do wait "$pid"; done
  }
  down() {
    local all=("$name-postgres" "$name-redis" "$name-mongo")
    docker stop "${all[@]}" >/dev/null
    docker rm --volumes "${all[@]}" >/dev/null
  }
fi

app=
work=$(mktemp -d)
clean_up() {
  step down
  if [[ -n $app ]]; then kill -- "-$app" 2>/dev/null || true; wait "$app" 2>/dev/null || true; fi
  down || true
  rm -rf "$work"
}
trap clean_up EXIT

step copy
tar -C "$submission" --exclude node_modules -cf - . | tar -C "$work" -xf -

step databases up
up

step npm ci
(cd "$work" && npm ci >/dev/null)

step npm start
set -m # a process group of its own, so that npm's child ends with npm
(cd "$work" && exec npm start) >"$work/app.log" 2>&1 &
app=$!
set +m
until (exec 3<>"/dev/tcp/127.0.0.1/$PORT") 2>/dev/null; do
  kill -0 "$app" 2>/dev/null || { cat "$work/app.log"; exit 1; }
  sleep 1
done

step jest
"$tools/jest" --rootDir "$here" --silent

step seed
product=$(node "$here/seed.mjs")

step autocannon
"$tools/autocannon" --no-progress --json --connections 20 --duration "$list_seconds" --sampleInt 100 "$API/products?category=load&limit=20" >/dev/null 2>&1
"$tools/autocannon" --no-progress --json --connections 50 --overallRate 1000 --duration "$product_seconds" --sampleInt 100 "$API/products/$product" >/dev/null 2>&1
