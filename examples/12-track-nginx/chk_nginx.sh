#!/bin/bash
# Does this node's nginx answer? Asked with a request, so that a master process whose workers hang counts as gone too; and asked on
# the loopback address: the virtual address is the other node's when it is not ours, and its nginx must not speak for this one.
#
# "killall -0 nginx" or "ps -C nginx" see a process and no more, and what goes round often starts nginx again from within the
# check, or kills keepalived: neither is this script's business. It says what is, by the status of its last command.
exec 3<>/dev/tcp/127.0.0.1/8080 || exit 1
printf 'HEAD / HTTP/1.0\r\nHost: check\r\n\r\n' >&3
read -r -t 1 _ status _ <&3 && [ "$status" = 200 ]
