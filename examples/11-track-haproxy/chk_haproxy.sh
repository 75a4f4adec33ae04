#!/bin/bash
# Is haproxy there? Asked of the port it serves, so a haproxy that runs without its listener counts as gone.
#
# The script that goes round for this is "killall -0 haproxy" followed by "echo $?". Its status is that of echo, which is always
# 0, so it can never fail and the address never moves. The status of the last command is what counts: nothing may follow it.
ss -Hltn 'sport = :80' | grep -q .
