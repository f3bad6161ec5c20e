#!/usr/bin/env bash
# Checks the commit messages of a range: `scripts/commit-messages.sh main..HEAD`. CONTRIBUTING.md has the form. Merges are
# passed over; what a robot proposes (a subject with a topic in front) passes without a body.
set -euo pipefail
range=${1:?usage: commit-messages.sh BASE..HEAD}
bad=0
while read -r commit; do
  subject=$(git log -1 --format=%s "$commit")
  body=$(git log -1 --format=%b "$commit")
  author=$(git log -1 --format=%an "$commit")
  problem=
  if ! [[ $subject =~ ^[a-z][a-z0-9,/_-]*:\ [^\ ] ]]; then problem="the subject is not \`topic: what\`"
  elif [ ${#subject} -gt 72 ]; then problem="the subject has ${#subject} characters, 72 are the most"
  elif [ -z "$body" ] && [[ $author != *"[bot]" ]]; then problem="there is no body that says why"
  fi
  [ -n "$problem" ] || continue
  printf '%s %s\n  %s\n' "${commit:0:9}" "$subject" "$problem" >&2
  bad=1
done < <(git rev-list --reverse --no-merges "$range")
exit $bad
