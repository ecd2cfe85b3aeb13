#!/usr/bin/env bash
# Starts Redis as the official image does: options or a configuration file as the command, no protected mode.
set -euo pipefail

if [[ ${1:-redis-server} == -* || ${1:-} == *.conf ]]; then set -- redis-server "$@"; fi

if [[ ${1:-} == redis-server ]]; then
  if [[ $(id -u) == 0 ]]; then
    find . \! -user redis -exec chown redis '{}' +
    exec setpriv --reuid=redis --regid=redis --init-groups "$0" "$@"
  fi
  umask 077
  shift
  config=()
  if [[ ${1:-} == *.conf ]]; then
    config=("$1")
    shift
  fi
  # First among the options, so that one of the caller's own has the last word.
  case ${1:-} in
    -v | --version | -h | --help | --check-system | -) ;;
    *) set -- --protected-mode no "$@" ;;
  esac
  set -- redis-server "${config[@]}" "$@"
fi
exec "$@"
