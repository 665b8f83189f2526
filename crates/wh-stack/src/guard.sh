# Keeps the servers of one stack, and takes them down once its pipe closes, however its owner ended.
# Commands on standard input: `run NAME` (starts NAME.sh), `detach` (listen to a fifo from now on), `stop`.
# The second argument, where given, is a folder in memory for the data.
folder=$1
memory=${2:-}
umask 077
trap '' INT QUIT
cd "$folder" || exit 1
{ echo $$; uname -n; } >guard.pid
exec >guard.log 2>&1
[ -n "$memory" ] && mkdir "$memory" && echo "$folder" >"$memory/home"

# The exit status lands in NAME.exit, which is how the owner learns that a server is gone.
run() {
    rm -f "$1.exit"
    : >"$1.server"
    {
        sh "./$1.sh" </dev/null >>"$1.log" 2>&1 &
        echo $! >"$1.server"
        wait $!
        echo $? >"$1.exit.new"
        mv "$1.exit.new" "$1.exit"
    } &
}

servers_left() {
    for server in *.server; do
        [ -e "$server" ] && [ ! -e "${server%.server}.exit" ] && return 0
    done
    return 1
}

# Everything below us shares our process group; INT is a fast shutdown for Postgres, and an exit for the others.
finish() {
    trap '' HUP TERM
    # A frozen process hears of its end only once it is thawed.
    [ -e frozen ] && kill -CONT $(cat frozen)
    kill -INT 0
    ticks=0
    while servers_left; do
        ticks=$((ticks + 1))
        [ "$ticks" -eq 60 ] && kill -TERM 0
        if [ "$ticks" -eq 200 ]; then
            for server in *.server; do kill -KILL "$(cat "$server")"; done
        fi
        [ "$ticks" -ge 260 ] && break
        sleep 0.05 || sleep 1
    done
    cd /
    [ -n "$memory" ] && rm -rf "$memory"
    rm -rf "$folder"
    exit 0
}

trap finish HUP TERM
echo yes >ready
while read -r verb name; do
    case $verb in
    run) run "$name" ;;
    detach) mkfifo control && exec <>control && echo yes >detached ;;
    stop) break ;;
    esac
done
finish
