/* SPDX-License-Identifier: Apache-2.0 */
/* What attackers and administrators do to a running capture, and what it leaves behind. Exit codes as in actions.c. */
#ifndef CAPTURE_H
#define CAPTURE_H

/* blind PID: empties the program arrays of that process from outside, so that its programs run no more. */
int do_blind(int argc, char **argv);
/* detach PID: has that process close the descriptors of its BPF links, as an injected call of close(2). */
int do_detach(int argc, char **argv);
/* leftovers: fails and names them if programs like ours are in the kernel that no process holds. */
int do_leftovers(int argc, char **argv);

#endif
