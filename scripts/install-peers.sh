#!/usr/bin/env bash
# Installs every peer that the tests in e2e/ run against, on Debian 12, as root: phones, proxies,
# load generators, capture tools. No service is started. The one list of Debian packages.
set -euo pipefail
packages=(
  sip-tester              # sipp: load, digest, RTP streams
  baresip-core            # a phone
  linphone-cli            # a phone
  linphone-common
  twinkle-console         # a phone
  kamailio                # sanity checks of what we send; the bench's proxy
  kamailio-tls-modules kamailio-websocket-modules # it is a hop over TLS and WebSocket, too
  kamailio-presence-modules # and a server of presence and mailboxes
  sipsak
  sipvicious              # svmap, svwar, svcrack: what scanners on the internet run
  chromium                # pages with JsSIP and SIP.js
  socat                   # TLS for sipp, which has none
  dnsmasq-base            # a name server with NAPTR, SRV, A and AAAA records
  openssl                 # certificates for the tests of TLS
  libsofia-sip-ua-dev libre-dev gcc libc6-dev pkg-config  # the bench compiles C peers
  rtpengine-daemon        # a media relay behind our own port
  coturn                  # a STUN and TURN server
  ffmpeg                  # judges codecs and recordings
  opus-tools              # opusinfo judges what is recorded in Ogg
  espeak-ng               # speaks to the voice agent
  libsrtp2-dev libopus-dev # the bench compares with C
  tshark                  # captures (dumpcap) and their analysis
  sox libsox-fmt-all      # tones and recordings
  tmux                    # a terminal for siplab
  pulseaudio pulseaudio-utils libasound2-plugins alsa-utils  # a null sound card for twinkle
  iproute2 iptables procps util-linux  # private network namespaces for the tests, and a NAT between them
)
export DEBIAN_FRONTEND=noninteractive
policy=/usr/sbin/policy-rc.d
made=
if [ ! -e "$policy" ]; then
  printf '#!/bin/sh\nexit 101\n' > "$policy"
  chmod +x "$policy"
  made=1
fi
trap '[ -z "$made" ] || rm -f "$policy"' EXIT
apt-get -o DPkg::Lock::Timeout=600 -qq update
apt-get -o DPkg::Lock::Timeout=600 -qq install -y --no-install-recommends "${packages[@]}" < /dev/null > /tmp/strowger-peers.log 2>&1 ||
  { tail -n 20 /tmp/strowger-peers.log; exit 1; }
