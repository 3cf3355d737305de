/// What a field is, as the extractor tells fields apart. The numbers mean nothing outside the process.
public enum FieldID: UInt16, BitwiseCopyable, Sendable, CaseIterable {
  case evtNum, evtTime, evtTimeS, evtTimeIso8601, evtDatetime, evtDatetimeS, evtRawtime, evtRawtimeS, evtRawtimeNs
  case evtReltime, evtReltimeS, evtReltimeNs, evtPluginname, evtPlugininfo, evtSource, evtIsAsync, evtAsynctype
  case evtHostname
  case evtLatency, evtLatencyS, evtLatencyNs, evtLatencyQuantized, evtLatencyHuman, evtDeltatime, evtDeltatimeS
  case evtDeltatimeNs, evtOutputtime, evtDir, evtType, evtTypeIs, syscallType, evtCategory, evtCpu, evtArgs, evtArg
  case evtRawarg, evtInfo, evtBuffer, evtBuflen, evtRes, evtRawres, evtFailed, evtIsIo, evtIsIoRead, evtIsIoWrite
  case evtIoDir, evtIsWait, evtWaitLatency, evtIsSyslog, evtCount, evtCountError, evtCountErrorFile
  case evtCountErrorNet, evtCountErrorMemory, evtCountErrorOther, evtCountExit, evtCountProcinfo, evtCountThreadinfo
  case evtAround, evtAbspath, evtAbspathSrc, evtAbspathDst, evtBuflenIn, evtBuflenOut, evtBuflenFile
  case evtBuflenFileIn, evtBuflenFileOut, evtBuflenNet, evtBuflenNetIn, evtBuflenNetOut, evtIsOpenRead
  case evtIsOpenWrite, evtInfraDockerName, evtInfraDockerContainerId, evtInfraDockerContainerName
  case evtInfraDockerContainerImage, evtIsOpenExec, evtIsOpenCreate
  case procExe, procPexe, procAexe, procExepath, procExerealpath, procPexepath, procAexepath, procName, procPname, procAname
  case procArgs, procAargs, procCmdline, procPcmdline, procAcmdline, procCmdnargs, procCmdlenargs, procExeline
  case procEnv, procAenv, procCwd, procLoginshellid, procTty, procPid, procPpid, procApid, procVpid, procPvpid
  case procSid, procSname, procSidExe, procSidExepath, procVpgid, procVpgidName, procVpgidExe, procVpgidExepath
  case procPgid, procPgidName, procPgidExe, procPgidExepath, procDuration, procPpidDuration, procPidTs, procPpidTs
  case procIsExeWritable, procIsExeUpperLayer, procIsExeLowerLayer, procIsExeFromMemfd, procIsSidLeader
  case procIsVpgidLeader, procIsPgidLeader, procExeIno, procExeInoCtime, procExeInoMtime
  case procExeInoCtimeDurationProcStart, procExeInoCtimeDurationPidnsStart, procPidnsInitStartTs, threadCapPermitted
  case threadCapInheritable, threadCapEffective, procFdopencount, procFdlimit, procFdusage, procVmsize, procVmrss
  case procVmswap, threadPfmajor, threadPfminor, threadTid, threadIsmain, threadVtid, threadNametid, threadExectime
  case threadTotexectime, threadCgroups, threadCgroup, procNthreads, procNchilds, threadCpu, threadCpuUser
  case threadCpuSystem, threadVmsize, threadVmrss, threadVmsizeB, threadVmrssB, procStdinType, procStdoutType
  case procStderrType, procStdinName, procStdoutName, procStderrName
  case procId, procPidStart, procAncestry, procExeSha256
  case userUid, userName, userHomedir, userShell, userLoginuid, userLoginname
  case groupGid, groupName
  case fdNum, fdType, fdTypechar, fdName, fdDirectory, fdFilename, fdIp, fdCip, fdSip, fdLip, fdRip, fdPort, fdCport
  case fdSport, fdLport, fdRport, fdL4proto, fdSockfamily, fdIsServer, fdUid, fdContainername, fdContainerdirectory
  case fdProto, fdCproto, fdSproto, fdLproto, fdRproto, fdNet, fdCnet, fdSnet, fdLnet, fdRnet, fdConnected
  case fdNameChanged, fdCipName, fdSipName, fdLipName, fdRipName, fdDev, fdDevMajor, fdDevMinor, fdIno, fdNameraw
  case fdTypes, fdIsUpperLayer, fdIsLowerLayer, fdRealpath
  case fsPathName, fsPathNameraw, fsPathSource, fsPathSourceraw, fsPathTarget, fsPathTargetraw
  case utilCnt
  case fdlistNums, fdlistNames, fdlistCips, fdlistSips, fdlistCports, fdlistSports
  case containerId, containerFullId, containerName, containerImage, containerImageId, containerType
  case containerPrivileged, containerMounts, containerMount, containerMountSource, containerMountDest
  case containerMountMode, containerMountRdwr, containerMountPropagation, containerImageRepository
  case containerImageTag, containerImageDigest, containerHealthcheck, containerLivenessProbe
  case containerReadinessProbe, containerStartTs, containerDuration, containerIp, containerCniJson, containerHostPid
  case containerHostNetwork, containerHostIpc, containerLabel, containerLabels, procIsContainerHealthcheck
  case procIsContainerLivenessProbe, procIsContainerReadinessProbe
  case k8sPodName, k8sNsName, k8sPodId, k8sPodUid, k8sPodSandboxId, k8sPodFullSandboxId, k8sPodLabel, k8sPodLabels
  case k8sPodIp, k8sPodCniJson, k8sRcName, k8sRcId, k8sRcLabel, k8sRcLabels, k8sSvcName, k8sSvcId, k8sSvcLabel
  case k8sSvcLabels, k8sNsId, k8sNsLabel, k8sNsLabels, k8sRsName, k8sRsId, k8sRsLabel, k8sRsLabels
  case k8sDeploymentName, k8sDeploymentId, k8sDeploymentLabel, k8sDeploymentLabels
}
