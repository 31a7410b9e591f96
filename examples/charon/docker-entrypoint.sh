#!/bin/bash
# Caddy on port 80 and the server on port 8080, until one of them ends or TERM asks for the end of both.
#
# The exit code is that of the one which ended by itself, and 0 after TERM. There is no root in here: charon-init has
# given the volumes to charon, joined the socket's group and left root before.
set -u
export XDG_DATA_HOME=/app/data XDG_CONFIG_HOME=/config

asked=
running=()
stop() {
  asked=yes
  # That one of them may have ended already is no matter.
  [ ${#running[@]} = 0 ] || kill -s TERM "${running[@]}" 2>/dev/null
}
trap stop TERM INT

caddy run --config /etc/caddy/Caddyfile &
running+=($!)
/app/charon &
running+=($!)
code=0
# No other program runs up to here, or bash would forget that one has ended. Where TERM came before both were there, one
# of them would be waited for in vain.
[ -n "$asked" ] || wait -n "${running[@]}" || code=$?
[ -z "$asked" ] || code=0
trap '' TERM INT
stop
wait
exit "$code"
