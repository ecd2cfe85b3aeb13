#!/usr/bin/env bash
# Starts Postgres as the official image does: POSTGRES_USER, POSTGRES_PASSWORD, POSTGRES_DB, POSTGRES_INITDB_ARGS
# and POSTGRES_HOST_AUTH_METHOD, arguments for `postgres` as the command. Instead of initdb and a temporary server it
# has a prepared cluster and one short single-user session, a tenth of the time. It runs no init scripts.
set -euo pipefail

if [[ ${1:-postgres} == -* ]]; then set -- postgres "$@"; fi

if [[ $1 == postgres && $(id -u) == 0 ]]; then
  mkdir -p "$PGDATA" /var/run/postgresql
  chown postgres:postgres "$PGDATA" /var/run/postgresql
  chmod 700 "$PGDATA"
  exec setpriv --reuid=postgres --regid=postgres --init-groups env HOME=/var/lib/postgresql "$0" "$@"
fi

# A cluster of the caller's own is left alone; one that is not there is made, or copied where the default will do.
provide() {
  local args=()
  if [[ -n ${POSTGRES_INITDB_ARGS:-} ]]; then
    if [[ -e $PGDATA/unclaimed ]]; then find "$PGDATA" -mindepth 1 -delete; fi
    if [[ ! -s $PGDATA/PG_VERSION ]]; then
      eval "args=($POSTGRES_INITDB_ARGS)"
      prepare-data "$PGDATA" "${args[@]}"
    fi
  elif [[ ! -s $PGDATA/PG_VERSION ]]; then
    cp -R /usr/local/share/pgdata/. "$PGDATA/"
    chmod 700 "$PGDATA" 2>/dev/null || true
  fi
}

claim() {
  local user=${POSTGRES_USER:-postgres} password=${POSTGRES_PASSWORD:-}
  local db=${POSTGRES_DB:-$user} auth=${POSTGRES_HOST_AUTH_METHOD:-scram-sha-256}
  local q="'"
  if [[ -z $password && $auth != trust ]]; then
    echo 'Error: Database is uninitialized and superuser password is not specified.' >&2
    echo '       You must specify POSTGRES_PASSWORD to a non-empty value for the superuser.' >&2
    exit 1
  fi
  printf '\nhost all all all %s\n' "$auth" >>"$PGDATA/pg_hba.conf"
  {
    if [[ $user != postgres ]]; then
      printf "UPDATE pg_authid SET rolname = '%s' WHERE oid = 10;\n\n" "${user//$q/$q$q}"
    fi
    if [[ -n $password ]]; then
      printf "ALTER ROLE \"%s\" PASSWORD '%s';\n\n" "${user//\"/\"\"}" "${password//$q/$q$q}"
    fi
    case $db in
      postgres | template[01]) printf 'DROP DATABASE spare;\n\n' ;;
      *) printf "UPDATE pg_database SET datname = '%s' WHERE datname = 'spare';\n\n" "${db//$q/$q$q}" ;;
    esac
  } | postgres --single -j -F -O -D "$PGDATA" -c exit_on_error=on -c log_checkpoints=off postgres >/dev/null
  rm "$PGDATA/unclaimed"
}

if [[ $1 == postgres ]]; then
  case " $* " in *' --help '* | *' --version '* | *' -V '* | *' -? '* | *' -C '*) exec "$@" ;; esac
  umask 077
  provide
  if [[ -e $PGDATA/unclaimed ]]; then claim; fi
fi
exec "$@"
