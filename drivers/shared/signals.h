/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Which signals tell who sent them. */
#ifndef WH_SIGNALS_H
#define WH_SIGNALS_H

enum {
	WH_SIGHUP = 1, WH_SIGINT = 2, WH_SIGQUIT = 3, WH_SIGKILL = 9, WH_SIGTERM = 15, WH_SIGCHLD = 17, WH_SIGTSTP = 20,
	WH_SIGRTMIN = 32, WH_SIGRTMAX = 64,
};

/*
 * Whether the siginfo of a delivered signal names its sender, as far as readers of this stream expect it: the kernel's
 * own signals have none.
 */
WH_INLINE bool wh_tells_sender(int signal, int code)
{
	switch (signal) {
	case WH_SIGKILL:
	case WH_SIGCHLD:
		return true;
	case WH_SIGTERM:
	case WH_SIGHUP:
	case WH_SIGINT:
	case WH_SIGTSTP:
	case WH_SIGQUIT:
		return code <= 0;
	default:
		return signal >= WH_SIGRTMIN && signal <= WH_SIGRTMAX;
	}
}

#endif
