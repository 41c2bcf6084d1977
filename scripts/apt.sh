# Sourced by the other scripts: `apt_install PACKAGE...` where this machine and this user may.

apt_command() {
    command -v apt-get >/dev/null 2>&1 || return 1
    if [ "$(id -u)" -eq 0 ]; then
        echo "env DEBIAN_FRONTEND=noninteractive apt-get"
    elif command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then
        echo "sudo -n env DEBIAN_FRONTEND=noninteractive apt-get"
    else
        return 1
    fi
}

# Installs the packages quietly; a failure prints what apt said and returns 1.
apt_install() {
    apt=$(apt_command) || return 1
    echo "installing by apt: $*" >&2
    apt_log=$(mktemp)
    # The package lists of a fresh container are empty or stale, hence the second try.
    if $apt install -y --no-install-recommends "$@" >"$apt_log" 2>&1 </dev/null ||
        { $apt update >"$apt_log" 2>&1 </dev/null &&
            $apt install -y --no-install-recommends "$@" >"$apt_log" 2>&1 </dev/null; }; then
        rm -f "$apt_log"
        return 0
    fi
    tail -n 15 "$apt_log" >&2
    rm -f "$apt_log"
    return 1
}
