#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# README's walk through a rule's life, as a new user would go it: its commands as they stand there, one after the other, in an
# empty directory, and what they say beside what README says they say. Times, numbers with a fraction and how many rules are
# shipped are the day's own.
. "$(dirname "$0")/support/live.sh"
readme=$(realpath "$(dirname "$0")/../../README.md")
stock=$(realpath "$(dirname "$0")/../../conf/rules.d")
yesterday=$(realpath "$B")/tests/live/support/yesterday
PATH=$(realpath "$B"):$PATH
T=$(realpath "$T")
rules=$work/etc/rules.d
mkdir -p "$work/etc" "$work/empty" && cp -r "$stock" "$rules" && cd "$work/empty" || exit 1
umask 022

commands=() answers=()
read_walk() { # a command begins with "$ " and goes on up to the end of its here-document; what follows is its answer
  local line n=-1 inside=
  while IFS= read -r line; do
    if [ -n "$inside" ]; then
      commands[n]+=$'\n'$line
      [ "$line" != "$inside" ] || inside=
    elif [[ $line == '$ '* ]]; then
      n=$((n + 1))
      commands[n]=${line#\$ } answers[n]=
      [[ $line =~ \<\<\'([A-Z]+)\' ]] && inside=${BASH_REMATCH[1]}
    else
      answers[n]+=$line$'\n'
    fi
  done < <(awk '/^## / {on = /^## A rule in ten minutes/} on && /^```/ {code = !code; next} on && code' "$readme")
  [ "${#commands[@]}" -ge 8 ]
}
as_pattern() { # of what README shows: an extended regular expression
  tr -s ' ' | sed -E 's/[][\.*^$+?(){}|]/\\&/g
    s/[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}(\\\.[0-9]+)?Z/[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}([.][0-9]+)?Z/g
    s/^(unchanged: )[0-9]+/\1[0-9]+/
    s/([^0-9{])[0-9]+\\\.[0-9]+/\1[0-9]+[.][0-9]+/g'
}
says() { # says COMMAND PATTERN
  local said
  said=$(eval "$1" 2>&1 </dev/null | tr -s ' ')
  [[ $said =~ ^$2$ ]] || { printf '%s\n-- was to say\n%s\n-- says\n%s\n' "$1" "$2" "$said"; return 1; }
}
goes() { # goes COMMAND ANSWER
  local command=${1//\/etc\/tracetrap\/rules.d/$rules} pattern
  pattern=$(as_pattern <<<"${2%$'\n'}")
  case $command in
    *"tracetrap reload"*) daemon_start --source proc --rules "$rules" || return 1 ;; # now: what it records is not yesterday's
  esac
  case $command in
    "tracetrap why"*) within 10 says "$command" "$pattern" ;; # the first reading is to come
    *) says "$command" "$pattern" ;;
  esac
}
it the_history_of_yesterday_is_there "$yesterday" "$TRACETRAP_STATE_DIR"
it readme_has_a_walk read_walk
for i in "${!commands[@]}"; do
  name=${commands[i]%%$'\n'*}
  name=$(tr -cs 'a-zA-Z0-9\n' _ <<<"${name:0:48}")
  it "${name%_}_says_what_readme_shows" goes "${commands[i]}" "${answers[i]}"
done
finish
