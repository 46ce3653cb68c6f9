# Stops a throwaway cluster and removes its folder when a process has ended.
# Arguments: the cluster's folder, the process, its start time in ticks since boot or "-", and
# perhaps a folder around the cluster's, to be removed too unless it holds another cluster.
# Ends by itself when the (outer) folder has gone. Plain POSIX sh: it must run on any machine.
folder=$1 owner=$2 started=$3 outer=${4:-}

# The owner's Ctrl-C and hang-up are not ours.
trap '' HUP INT QUIT

owner_lives() {
    if [ "$started" = - ]; then
        ps -p "$owner" >/dev/null 2>&1
        return
    fi
    # Behind the name, which ends at the last ")": $1 is the state, $20 the start time. A zombie
    # has ended; another start time means that the number was given to another process.
    line=$(cat "/proc/$owner/stat" 2>/dev/null) || return 1
    set -- ${line##*) }
    [ "$1" != Z ] && [ "$1" != X ] && [ "${20}" = "$started" ]
}

# Sets $server. The number in the file may be stale and belong to somebody else by now, so only a
# process that stands in the data folder counts.
server_lives() {
    server=
    IFS= read -r server 2>/dev/null <"$folder/data/postmaster.pid" || return 1
    server=${server#-}
    [ -n "$server" ] || return 1
    if [ -e /proc/self/cwd ]; then
        [ "$(readlink "/proc/$server/cwd" 2>/dev/null)" = "$folder/data" ]
    else
        ps -o args= -p "$server" 2>/dev/null | grep -F -q -- "$folder/data"
    fi
}

# Fast shutdown, then immediate, then the hammer; tenths of a second to wait after each.
stop_server() {
    for step in INT:150 QUIT:50 KILL:20; do
        server_lives || return 0
        kill -s "${step%:*}" "$server" 2>/dev/null
        left=${step#*:}
        while [ "$left" -gt 0 ] && server_lives; do
            sleep 0.1
            left=$((left - 1))
        done
    done
}

while [ -d "${outer:-$folder}" ] && owner_lives; do
    sleep 0.5
done

# Again and again, because an initdb that lost its parent may still be writing.
rounds=50
while [ -e "$folder" ] && [ "$rounds" -gt 0 ]; do
    stop_server
    rm -rf -- "$folder" 2>/dev/null || sleep 0.2
    rounds=$((rounds - 1))
done

if [ -n "$outer" ]; then
    rm -f -- "$outer/url" "$outer/lock"
    rmdir -- "$outer" 2>/dev/null
fi
