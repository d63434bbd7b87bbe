#!/bin/sh
# Prints an .env for docker compose with fresh secrets: sh deploy/make-env.sh > .env
# Keep the file: it holds the keys to the data. GAIA_ADMIN_EMAIL and GAIA_ADMIN_PASSWORD are taken over if they are set.
set -eu
umask 077

# 32 random bytes as base64url text.
secret() { head -c 32 /dev/urandom | base64 | tr '+/' '-_' | tr -d '=\n'; }

cat <<EOF
# Where browsers reach Gaia, and the port on this machine that the gateway gets.
PUBLIC_URL=${PUBLIC_URL:-http://localhost:8080}
GATEWAY_PORTS=${GATEWAY_PORTS:-8080}

# The first administrator. Used once, at first start.
GAIA_ADMIN_EMAIL=${GAIA_ADMIN_EMAIL:-admin@localhost}
GAIA_ADMIN_PASSWORD=${GAIA_ADMIN_PASSWORD:-$(secret | cut -c1-20)}

# Each service has a database and a password of its own.
POSTGRES_PASSWORD=$(secret)
AUTH_DATABASE_PASSWORD=$(secret)
CMS_DATABASE_PASSWORD=$(secret)
ASSETS_DATABASE_PASSWORD=$(secret)
SEARCH_DATABASE_PASSWORD=$(secret)
REDIS_PASSWORD=$(secret)

# Keys of the services. docs/configuration.md lists every setting.
AUTH_KEK=$(secret)
AUTH_REFRESH_SECRET=$(secret)
CMS_KEK=$(secret)
GATEWAY_SESSION_SECRET=$(secret)
ASSETS_LINK_KEY=$(secret)
SEARCH_CLIENT_SECRET=$(secret)
ASSETS_CLIENT_SECRET=$(secret)
EOF
