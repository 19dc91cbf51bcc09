#!/bin/sh
# nginx answers on its own inner port; whether those behind it do is theirs to say.
if command -v wget >/dev/null; then
    exec wget -q -O /dev/null http://127.0.0.1:8081/healthz
fi
exec perl -MIO::Socket::INET -e '
    my $s = IO::Socket::INET->new(PeerAddr => "127.0.0.1:8081", Timeout => 3) or exit 1;
    print $s "GET /healthz HTTP/1.0\r\n\r\n"; <$s> =~ / 200 / or exit 1'
