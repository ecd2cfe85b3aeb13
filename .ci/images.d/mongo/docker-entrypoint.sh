#!/usr/bin/env bash
# Starts MongoDB as the official image does: options as the command, MONGO_INITDB_ROOT_USERNAME and
# MONGO_INITDB_ROOT_PASSWORD make the root user in a new data directory and turn authentication on. A replica set with
# authentication needs a key file: one is made when the caller brings none. There is no mongosh.
set -euo pipefail

if [[ ${1:-mongod} == -* ]]; then set -- mongod "$@"; fi

if [[ ${1:-} == mongod && $(id -u) == 0 ]]; then
  find /data/configdb /data/db \! -user mongodb -exec chown mongodb '{}' +
  exec setpriv --reuid=mongodb --regid=mongodb --init-groups env HOME=/data/db "$0" "$@"
fi

# option NAME ARGUMENT…: the value of --NAME in the arguments; false when it is not there
option() {
  local name=--$1
  shift
  while (($#)); do
    case $1 in
      "$name") printf '%s' "${2:-}"; return 0 ;;
      "$name"=*) printf '%s' "${1#*=}"; return 0 ;;
    esac
    shift
  done
  return 1
}

create_root() {
  local dbpath=$1 dir pid result=75
  dir=$(mktemp -d)
  # It listens on a socket file alone, so nobody else connects too early.
  mongod --dbpath "$dbpath" --bind_ip "$dir/init.sock" >"$dir/log" 2>&1 &
  pid=$!
  while [[ $result == 75 ]] && kill -0 "$pid" 2>/dev/null; do
    sleep 0.02
    result=0
    create-root-user "$dir/init.sock" || result=$?
  done
  kill -TERM "$pid" 2>/dev/null || true
  wait "$pid" || result=1
  if [[ $result != 0 ]]; then
    tail -n 20 "$dir/log" >&2
    echo 'error: the root user could not be made' >&2
    exit 1
  fi
  # After a clean shutdown the journal holds nothing, and reading through its 100 MB takes half a second.
  rm -rf "$dir" "$dbpath/journal"
}

if [[ ${1:-} == mongod ]]; then
  case " $* " in *' --help '* | *' --version '*) exec "$@" ;; esac
  dbpath=$(option dbpath "$@") || dbpath=/data/db
  user=${MONGO_INITDB_ROOT_USERNAME:-} password=${MONGO_INITDB_ROOT_PASSWORD:-}
  if [[ -n $user || -n $password ]]; then
    if [[ -z $user || -z $password ]]; then
      echo 'error: MONGO_INITDB_ROOT_USERNAME and MONGO_INITDB_ROOT_PASSWORD go together' >&2
      exit 1
    fi
    if [[ ! -e $dbpath/WiredTiger ]]; then create_root "$dbpath"; fi
    if option replSet "$@" >/dev/null && ! option keyFile "$@" >/dev/null; then
      key=/data/configdb/keyfile
      if [[ ! -s $key ]]; then (umask 077 && head -c 480 /dev/urandom | base64 >"$key"); fi
      set -- "$@" --keyFile "$key"
    fi
    set -- "$@" --auth
  fi
  if ! option bind_ip "$@" >/dev/null && [[ " $* " != *' --bind_ip_all '* ]]; then set -- "$@" --bind_ip_all; fi
  unset MONGO_INITDB_ROOT_USERNAME MONGO_INITDB_ROOT_PASSWORD
fi
exec "$@"
