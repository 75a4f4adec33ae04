#!/bin/bash
# Told master, backup or fault. Says it in the system's log; examples/05-notify-mail shows how to mail it.
logger -t notify "$(hostname) is $1 now"
