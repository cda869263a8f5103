#!/bin/sh
# Is the server well in its new place? For --check, which tells in OS_MIGRATE_*
# what it is about:
#
#   check-server.sh agent            asks the QEMU guest agent, by way of SSH
#                                    to the host and its libvirt
#   check-server.sh monitoring URL   asks Prometheus whether it has reached the
#                                    server since it arrived; the label
#                                    server_id of its target is the server's ID
#
# It asks until the answer is yes. What ends it otherwise is --check-timeout.

# The ID of a server is also the UUID of its domain.
agent() {
    ssh -o BatchMode=yes -o ConnectTimeout=5 -- "$OS_MIGRATE_DESTINATION_HOST" \
        virsh --connect qemu:///system qemu-agent-command --timeout 5 \
        "$OS_MIGRATE_SERVER_ID" "'{\"execute\": \"guest-ping\"}'"
}

# What Prometheus saw before the server arrived proves nothing, so the sample
# must be younger than this script, to the second.
monitoring() {
    up="up{server_id=\"$OS_MIGRATE_SERVER_ID\"}"
    age=$(($(date +%s) - began - 1))
    curl --silent --show-error --fail --max-time 10 --get "$url/api/v1/query" \
        --data-urlencode "query=$up == 1 and time() - timestamp($up) < $age" |
        grep '"result": *\[ *{'
}

began=$(date +%s)
url=$2
case "$1 $#" in
    'agent 1') : "${OS_MIGRATE_DESTINATION_HOST:?may not be seen}" ;;
    'monitoring 2') ;;
    *)
        echo "usage: $0 agent | $0 monitoring URL" >&2
        exit 2
        ;;
esac
until "$1"; do
    sleep 2
done
