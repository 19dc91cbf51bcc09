#!/bin/sh
# Lets Gough's Ansible in: an account of its own, without a password, by one key, that may become root.
# May run again. GOUGH_ROOT, for tests and the lab: the folder that stands for /, where no account is made.
set -eu
# -- settings --
ROOT="${GOUGH_ROOT:-}"
HOME_OF_IT=/var/lib/gough-ansible

if [ -z "$ROOT" ] && ! id "$ACCOUNT" >/dev/null 2>&1; then
    # '*' is no password's hash, and other than '!' no lock that sshd would heed.
    useradd --system --home-dir "$HOME_OF_IT" --shell /bin/sh --password '*' "$ACCOUNT"
fi

umask 077
mkdir -p "$ROOT$HOME_OF_IT/.ssh" "$ROOT/etc/sudoers.d"
printf '%s\n' "$PUBLIC_KEY" >"$ROOT$HOME_OF_IT/.ssh/authorized_keys"
printf '%s ALL=(ALL) NOPASSWD: ALL\n' "$ACCOUNT" >"$ROOT/etc/sudoers.d/60-gough-ansible"
chmod 0440 "$ROOT/etc/sudoers.d/60-gough-ansible"
if [ -z "$ROOT" ]; then
    chown -R "$ACCOUNT:" "$HOME_OF_IT"
fi
