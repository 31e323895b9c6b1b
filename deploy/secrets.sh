#!/bin/sh
# Makes the passwords that docker-compose.yml hands to its containers, and your .env: sh deploy/secrets.sh
#
# Each is a file in secrets/, with random content; what is there already stays as it is, so it can be run again at any time.
# Only you can enter the folder. The files in it can be read by everybody who can: the containers' users must.
set -eu
cd "$(dirname "$0")/.."
umask 022
mkdir -p secrets
chmod 700 secrets

made=0
for name in mqtt_heliopost_password mqtt_homeassistant_password web_token grafana_admin_password homeassistant_owner_password; do
    file="secrets/$name"
    if [ -s "$file" ]; then
        echo "kept  $file"
    else
        # 32 letters and digits: a colon or a space would have to be quoted somewhere
        LC_ALL=C tr -dc 'A-Za-z0-9' </dev/urandom | head -c 32 >"$file.new"
        mv "$file.new" "$file"
        echo "made  $file"
        made=$((made + 1))
    fi
    chmod 644 "$file"
done

# .env is yours, so that `git pull` never meets what you have changed in it.
if [ ! -e .env ]; then
    cp .env.example .env
    echo "made  .env"
fi

# A strict umask at the time of `git clone` would hide these from the containers' users.
chmod -R a+rX deploy

if [ "$made" -gt 0 ]; then
    echo "Home Assistant's login is heliopost with secrets/homeassistant_owner_password,"
    echo "Grafana's is admin with secrets/grafana_admin_password."
fi
