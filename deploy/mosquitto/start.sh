#!/bin/sh
# Starts the broker with the passwords of secrets/: they stand hashed in a file that lives in memory.
set -eu
umask 077
: >/tmp/passwords
for user in heliopost homeassistant; do
    secret="/run/secrets/mqtt_${user}_password"
    if [ ! -s "$secret" ]; then
        echo "mosquitto: secrets/mqtt_${user}_password is missing or empty: type sh deploy/secrets.sh" >&2
        exit 1
    fi
    printf '%s:%s\n' "$user" "$(cat "$secret")" >>/tmp/passwords
done
mosquitto_passwd -U /tmp/passwords
# Copies of its own: newer releases of mosquitto refuse files that belong to somebody else.
cp /mosquitto/config/acl /mosquitto/config/health.acl /tmp/
if [ -e /mosquitto/config/own.acl ]; then
    cp /mosquitto/config/own.acl /tmp/acl
fi
exec mosquitto -c /mosquitto/config/mosquitto.conf
