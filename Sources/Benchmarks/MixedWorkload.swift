import Glibc

/// What the events of a recording come from: the jobs of a build host that also serves, in turns.
enum MixedWorkload {
  /// `$0` is this program, which makes the connections. Runs until it is stopped.
  ///
  /// The last job runs in namespaces and a cgroup of its own, as in a container; where the host has no place for that,
  /// it runs outside.
  static let script = """
    trap 'exit 0' TERM
    cgroup=
    for root in /sys/fs/cgroup /sys/fs/cgroup/unified /sys/fs/cgroup/pids; do
      path=$root/docker/$(printf '%064x' $$)
      if mkdir -p "$path" 2>/dev/null && [ -w "$path/cgroup.procs" ]; then cgroup=$path; break; fi
    done
    trap 'rmdir "$cgroup" "${cgroup%/*}" 2>/dev/null; exit 0' TERM
    job='ls /usr/bin >/dev/null; cat /etc/passwd /etc/hostname >/dev/null; grep -rl root /etc/pam.d >/dev/null;
      for i in 1 2 3 4 5 6 7 8; do /bin/true; head -c 10 /etc/group >/dev/null; done'
    source='#include <errno.h>
    #include <stdio.h>
    #include <stdlib.h>
    #include <string.h>
    #include <sys/socket.h>
    int main(void) { return printf("%d", errno) > 0; }'
    cd /usr/include
    while :; do
      for i in 1 2 3 4 5; do ls -la /etc /usr/bin >/dev/null; cat *.h >/dev/null; head -1 /etc/passwd >/dev/null; done
      grep -rl define /usr/include/linux /usr/include/net >/dev/null
      find /usr/include /usr/share/doc/b* -name '*.h' -size +64k >/dev/null
      for i in 1 2 3 4; do echo "$source" | cc -O1 -x c -o /dev/null -; done
      for i in 1 2 3 4 5 6 7 8 9 10; do sh -c 'x=$(id -u; date); /bin/true; echo "$x" | sort | uniq -c >/dev/null'; done
      "$0" workload network 500
      tar -cf - /usr/share/doc/bash /usr/share/doc/grep 2>/dev/null | gzip -c >/dev/null
      getent passwd root >/dev/null; getent hosts localhost >/dev/null
      sh -c '[ -z "$2" ] || echo $$ >"$2/cgroup.procs"
        unshare --mount --pid --fork --mount-proc sh -c "$1" || sh -c "$1"' job "$job" "$cgroup"
    done
    """

  /// One connection over TCP, its request and answer, a datagram, and a pair of unix sockets.
  static func network() {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    let server = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    unsafe withUnsafeMutablePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
        _ = unsafe bind(server, pointer, length)
        _ = listen(server, 1)
        _ = unsafe getsockname(server, pointer, &length)
        let client = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        _ = unsafe connect(client, pointer, length)
        let peer = unsafe accept(server, nil, nil)
        var text: [UInt8] = Array("GET / HTTP/1.0\r\n\r\n".utf8)
        for end in [(client, peer), (peer, client)] {
          _ = unsafe send(end.0, &text, text.count, 0)
          _ = unsafe recv(end.1, &text, text.count, 0)
        }
        for descriptor in [peer, client, server] { close(descriptor) }
        let datagrams = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
        _ = unsafe sendto(datagrams, &text, text.count, 0, pointer, length)
        close(datagrams)
      }
    }
    var pair: [Int32] = [0, 0]
    if unsafe socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &pair) == 0 { for end in pair { close(end) } }
  }
}
