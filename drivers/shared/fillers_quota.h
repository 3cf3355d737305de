/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* quotactl: one call whose last argument is one of three structures. */
#ifndef WH_FILLERS_QUOTA_H
#define WH_FILLERS_QUOTA_H

#include "fillers_other.h"

enum {
	WH_QIF_BLIMITS = 1, WH_QIF_SPACE = 2, WH_QIF_ILIMITS = 4, WH_QIF_BTIME = 16, WH_QIF_ITIME = 32,
	WH_IIF_BGRACE = 1, WH_IIF_IGRACE = 2, WH_IIF_FLAGS = 4,
};

/* Offsets in struct if_dqblk and struct if_dqinfo: uapi/linux/quota.h. */
enum {
	WH_DQB_BHARDLIMIT = 0, WH_DQB_BSOFTLIMIT = 8, WH_DQB_CURSPACE = 16, WH_DQB_IHARDLIMIT = 24,
	WH_DQB_ISOFTLIMIT = 32, WH_DQB_BTIME = 48, WH_DQB_ITIME = 56, WH_DQB_VALID = 64,
	WH_DQI_BGRACE = 0, WH_DQI_IGRACE = 8, WH_DQI_FLAGS = 16, WH_DQI_VALID = 20,
};

WH_NUMBER(quotactl_cmd) { return wh_choose_quotactl_cmds((uint32_t)call->arguments[0] >> 8); }
WH_NUMBER(quotactl_type) { return wh_choose_quotactl_types(call->arguments[0] & 0xff); }

WH_INLINE uint64_t wh_quota_block(struct wh_call *call, uint32_t offset, uint32_t valid)
{
	uint32_t command = wh_number_quotactl_cmd(call);

	if (command != WH_FLAG_quotactl_cmds_Q_GETQUOTA && command != WH_FLAG_quotactl_cmds_Q_SETQUOTA)
		return 0;
	if (!(wh_user_u32(call->arguments[3] + WH_DQB_VALID) & valid))
		return 0;
	return wh_user_u64(call->arguments[3] + offset);
}

WH_INLINE bool wh_has_quota_info(struct wh_call *call, uint32_t valid)
{
	uint32_t command = wh_number_quotactl_cmd(call);

	return (command == WH_FLAG_quotactl_cmds_Q_GETINFO || command == WH_FLAG_quotactl_cmds_Q_SETINFO) &&
	       wh_user_u32(call->arguments[3] + WH_DQI_VALID) & valid;
}

WH_NUMBER(quotactl_dqb_bhardlimit) { return wh_quota_block(call, WH_DQB_BHARDLIMIT, WH_QIF_BLIMITS); }
WH_NUMBER(quotactl_dqb_bsoftlimit) { return wh_quota_block(call, WH_DQB_BSOFTLIMIT, WH_QIF_BLIMITS); }
WH_NUMBER(quotactl_dqb_curspace) { return wh_quota_block(call, WH_DQB_CURSPACE, WH_QIF_SPACE); }
WH_NUMBER(quotactl_dqb_ihardlimit) { return wh_quota_block(call, WH_DQB_IHARDLIMIT, WH_QIF_ILIMITS); }
WH_NUMBER(quotactl_dqb_isoftlimit) { return wh_quota_block(call, WH_DQB_ISOFTLIMIT, WH_QIF_ILIMITS); }
WH_NUMBER(quotactl_dqb_btime) { return wh_quota_block(call, WH_DQB_BTIME, WH_QIF_BTIME); }
WH_NUMBER(quotactl_dqb_itime) { return wh_quota_block(call, WH_DQB_ITIME, WH_QIF_ITIME); }

WH_NUMBER(quotactl_dqi_bgrace)
{
	return wh_has_quota_info(call, WH_IIF_BGRACE) ? wh_user_u64(call->arguments[3] + WH_DQI_BGRACE) : 0;
}

WH_NUMBER(quotactl_dqi_igrace)
{
	return wh_has_quota_info(call, WH_IIF_IGRACE) ? wh_user_u64(call->arguments[3] + WH_DQI_IGRACE) : 0;
}

/* The kernel's own bits, unmapped: what readers of this stream expect. */
WH_NUMBER(quotactl_dqi_flags)
{
	return wh_has_quota_info(call, WH_IIF_FLAGS) ? wh_user_u32(call->arguments[3] + WH_DQI_FLAGS) & 0xff : 0;
}

WH_NUMBER(quotactl_quota_fmt_out)
{
	if (wh_number_quotactl_cmd(call) != WH_FLAG_quotactl_cmds_Q_GETFMT)
		return WH_FLAG_quotactl_quota_fmts_QFMT_NOT_USED;
	return wh_choose_quotactl_quota_fmts(wh_user_u32(call->arguments[3]));
}

WH_NUMBER(quotactl_quota_fmt)
{
	if (wh_number_quotactl_cmd(call) != WH_FLAG_quotactl_cmds_Q_QUOTAON)
		return WH_FLAG_quotactl_quota_fmts_QFMT_NOT_USED;
	return wh_choose_quotactl_quota_fmts(call->arguments[2]);
}

WH_NUMBER(quotactl_id)
{
	switch (wh_number_quotactl_cmd(call)) {
	case WH_FLAG_quotactl_cmds_Q_GETQUOTA:
	case WH_FLAG_quotactl_cmds_Q_SETQUOTA:
	case WH_FLAG_quotactl_cmds_Q_XGETQUOTA:
	case WH_FLAG_quotactl_cmds_Q_XSETQLIM:
		return (uint32_t)call->arguments[2];
	default:
		return 0;
	}
}

WH_BYTES(quotactl_quotafilepath)
{
	if (wh_number_quotactl_cmd(call) != WH_FLAG_quotactl_cmds_Q_QUOTAON)
		return 0;
	return wh_user_string(call, room, WH_PATH_MAX, call->arguments[3]);
}

#endif
