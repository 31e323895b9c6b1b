"""Which fields the OpenAPI's answers have, by the type they come with: a table.

The names and types are those of the vendor's own sample answers and of the models of GrowattPublicApiPy
(https://github.com/timohencken/GrowattPublicApiPy), in the vendor's spelling. What nothing fills stays blank.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

EMPTY: Mapping[str, Any] = MappingProxyType({})
"""An object without anything, where an object stands."""


def bean(
    *,
    numbers: str = "",
    counts: str = "",
    flags: str = "",
    nothing: str = "",
    texts: str = "",
    lists: str = "",
    maps: str = "",
) -> Mapping[str, Any]:
    """Return blank fields: 0.0, 0, false, null, "", [] or {}."""
    return MappingProxyType(
        dict.fromkeys(numbers.split(), 0.0)
        | dict.fromkeys(counts.split(), 0)
        | dict.fromkeys(flags.split(), False)
        | dict.fromkeys(nothing.split())
        | dict.fromkeys(texts.split(), "")
        | dict.fromkeys(lists.split(), ())
        | dict.fromkeys(maps.split(), EMPTY)
    )


TLX_INFO = bean(
    numbers="""
        batSysEnergy batTempLowerLimitC batTempLowerLimitD batTempUpperLimitC batTempUpperLimitD wselectBaudrate
        eToday eTotal energyMonth mppt pCharge pDischarge power powerMax timezone vbatStartForDischarge
        vbatStopForCharge vbatStopForDischarge vbatWarnClr vbatWarning vnormal vppOpen
    """,
    counts="""
        addr bagingTestStep batParallelNum batSeriesNum batteryType bctAdjust bctMode bdcAuthversion bdcMode
        bmsCommunicationType comAddress countrySelected deviceType dtc groupId id level liBatteryFwVersion
        liBatteryManufacturers modbusVersion model plantId pmax priorityChoose restartTime safetyVersion
        startTime status strNum trakerModel
    """,
    flags="lost updating",
    nothing="record",
    texts="""
        afciVersion alias bcuVersion bdc1Model bdc1Sn bdc1Version bmsSoftwareVersion communicationVersion
        dataLogSn energyMonthText fwVersion hwVersion imgPath innerVersion lastUpdateTimeText location
        manufacturer modelText monitorVersion parentID plantname portName powerMaxText powerMaxTime serialNum
        statusText sysTime tcpServerIp treeID treeName userName
    """,
    lists="children optimezerList",
    maps="energyDayMap lastUpdateTime tlxSetbean",
)
"""V1 device/tlx/tlx_data_info."""

TLX_LAST = bean(
    numbers="""
        bdc1ChargePower bdc1ChargeTotal bdc1DischargePower bdc1DischargeTotal bdc1Ibat bdc1Ibb bdc1Illc bdc1Soc
        bdc1Temp1 bdc1Temp2 bdc1Vbat bdc1Vbus1 bdc1Vbus2 bdc2ChargePower bdc2ChargeTotal bdc2DischargePower
        bdc2DischargeTotal bdc2Ibat bdc2Ibb bdc2Illc bdc2Soc bdc2Temp1 bdc2Temp2 bdc2Vbat bdc2Vbus1 bdc2Vbus2
        bdcVbus2Neg bmsCvVolt bmsIbat bmsIcycle bmsInfo bmsMaxCurr bmsPackInfo bmsSoc bmsSoh bmsTemp1Bat
        bmsUsingCap bmsVbat bmsVdelta bmsWarnCode dcVoltage dciR dciS dciT eacChargeToday eacChargeTotal
        eacToday eacTotal echargeToday echargeTotal edischargeToday edischargeTotal eex1Today eex1Total
        eex2Today eex2Total elocalLoadToday elocalLoadTotal epsFac epsIac1 epsIac2 epsIac3 epsPac epsPac1
        epsPac2 epsPac3 epsPf epsVac1 epsVac2 epsVac3 epv1Today epv1Total epv2Today epv2Total epv3Today
        epv3Total epv4Today epv4Total epvTotal eselfToday eselfTotal esystemToday esystemTotal etoGridToday
        etoGridTotal etoUserToday etoUserTotal fac gfci iac1 iac2 iac3 iacr invDelayTime ipv1 ipv2 ipv3 ipv4 iso
        loadPercent nBusVoltage opFullwatt pBusVoltage pac pac1 pac2 pac3 pacr pacToGridTotal pacToLocalLoad
        pacToUserTotal pex1 pex2 pf ppv ppv1 ppv2 ppv3 ppv4 pself psystem realOPPercent temp1 temp2 temp3 temp4
        temp5 timeTotal vac1 vac2 vac3 vacr vacrs vacRs vacSt vacTr vpv1 vpv2 vpv3 vpv4
    """,
    counts="""
        address batteryNo bdc1FaultType bdc1Mode bdc1Status bdc1WarnCode bdc2FaultType bdc2Mode bdc2Status
        bdc2WarnCode bdcBusRef bdcDerateReason bdcFaultSubCode bdcStatus bdcWarnSubCode bgridType
        bmsCommunicationType bmsError2 bmsError3 bmsError4 bmsFaultType bmsIosStatus bmsStatus bmsWarn2
        bsystemWorkMode deratingMode dryContactStatus faultType operatingMode status sysFaultWord sysFaultWord1
        sysFaultWord2 sysFaultWord3 sysFaultWord4 sysFaultWord5 sysFaultWord6 sysFaultWord7 uwSysWorkMode
        warnCode
    """,
    flags="again isAgain lost withTime",
    nothing="""
        alias bMerterConnectFlag batSn batterySN dataLogSn day faultType1 mtncMode mtncRqst newWarnCode
        newWarnSubCode soc1 soc2 tMtncStrt tlxBean totalWorkingTime tWinEnd tWinStart warnCode1 winMode
        winOffGridSOC winOnGridSOC winRequest
    """,
    texts="bmsFwVersion bmsMcuVersion debug1 debug2 errorText statusText time warnText",
    maps="calendar",
)
"""V1 device/tlx/tlx_last_data."""

TLX_SET = bean(
    numbers="""
        activeRate backflowDefaultPower bsystemWorkMode chargePowerCommand disChargePowerCommand
        dryContactOffRate dryContactOnRate dryContactPower epsFreqSet exportLimitPowerRate
        floatChargeCurrentLimit frequencyHighLimit frequencyLowLimit limitDevice loadingRate overFreDropPoint
        overFreLoRedDelayTime overFreLoRedSlope pf pfModel pflinep1Lp pflinep1Pf pflinep2Lp pflinep2Pf
        pflinep3Lp pflinep3Pf pflinep4Lp pflinep4Pf qPercentMax qvH1 qvH2 qvL1 qvL2 reactiveRate
        restartLoadingRate uwHFRT2EE uwHFRTEE uwHVRT2EE uwHVRTEE uwLFRT2EE uwLFRTEE uwLVRT2EE uwLVRTEE
        vbatStartForDischarge vbatStartforCharge vbatStopForCharge vbatStopForDischarge vbatWarnClr
        voltageHighLimit voltageLowLimit wdisChargeSOCLowLimit
    """,
    counts="""
        afciEnabled afciReset afciSelfCheck afciThresholdD afciThresholdH afciThresholdL bdcMode bgridType
        delayTime epsVoltSet exportLimit fftThresholdCount forcedStopSwitch1 forcedStopSwitch2 forcedStopSwitch3
        forcedStopSwitch4 forcedStopSwitch5 forcedStopSwitch6 forcedStopSwitch7 forcedStopSwitch8
        forcedStopSwitch9 lcdLanguage time1Mode time2Mode time3Mode time4Mode time5Mode time6Mode time7Mode
        time8Mode time9Mode vbatWarning
    """,
    flags="""
        acChargeEnable activePowerEnable dryContactFuncEn epsFunEn exterCommOffGridEn onOff pvPfCmdMemoryState
    """,
    nothing="""
        backFlowSingleCtrl compatibleFlag demandManageEnable enableNLine exportLimitPowerRateStr failSafeCurr
        genChargeEnable genCtrl genRatedPower maintainModeRequest maintainModeStartTime maxAllowCurr
        onGridDischargeStopSOC onGridMode onGridStatus peakShavingEnable powerDownEnable prePto protEnable
        puEnable region rrcrEnable safetyCorrespondNum safetyNum showPeakShaving synEnable tlx_lcd_Language
        ubAcChargingStopSOC ubPeakShavingBackupSOC usBatteryType uwAcChargingMaxPowerLimit
        uwDemandMgtDownStrmPowerLimit uwDemandMgtRevsePowerLimit wchargeSOCLowLimit winModeEndTime winModeFlag
        winModeOffGridDischargeStopSOC winModeOnGridDischargeStopSOC winModeStartTime yearMonthTime
    """,
    texts="""
        ac_charge charge_power charge_stop_soc discharge_power discharge_stop_soc forcedTimeStart1
        forcedTimeStart2 forcedTimeStart3 forcedTimeStart4 forcedTimeStart5 forcedTimeStart6 forcedTimeStart7
        forcedTimeStart8 forcedTimeStart9 forcedTimeStop1 forcedTimeStop2 forcedTimeStop3 forcedTimeStop4
        forcedTimeStop5 forcedTimeStop6 forcedTimeStop7 forcedTimeStop8 forcedTimeStop9 lastUpdateTimeText
        pf_sys_year pv_grid_frequency_high pv_grid_frequency_low pv_grid_voltage_high pv_grid_voltage_low
        season1MonthTime season1Time1 season1Time2 season1Time3 season1Time4 season1Time5 season1Time6
        season1Time7 season1Time8 season1Time9 season2MonthTime season2Time1 season2Time2 season2Time3
        season2Time4 season2Time5 season2Time6 season2Time7 season2Time8 season2Time9 season3MonthTime
        season3Time1 season3Time2 season3Time3 season3Time4 season3Time5 season3Time6 season3Time7 season3Time8
        season3Time9 season4MonthTime season4Time1 season4Time2 season4Time3 season4Time4 season4Time5
        season4Time6 season4Time7 season4Time8 season4Time9 serialNum special1MonthTime special1Time1
        special1Time2 special1Time3 special1Time4 special1Time5 special1Time6 special1Time7 special1Time8
        special1Time9 special2MonthTime special2Time1 special2Time2 special2Time3 special2Time4 special2Time5
        special2Time6 special2Time7 special2Time8 special2Time9 sysTime sysTimeText tlx_ac_discharge_frequency
        tlx_ac_discharge_voltage tlx_backflow_default_power tlx_cc_current tlx_cv_voltage tlx_dry_contact_enable
        tlx_dry_contact_off_power tlx_dry_contact_power tlx_limit_device tlx_off_grid_enable tlx_on_off tlx_pf
        tlx_pflinep1_lp tlx_pflinep1_pf tlx_pflinep2_lp tlx_pflinep2_pf tlx_pflinep3_lp tlx_pflinep3_pf
        tlx_pflinep4_lp tlx_pflinep4_pf yearTime1 yearTime2 yearTime3 yearTime4 yearTime5 yearTime6 yearTime7
        yearTime8 yearTime9
    """,
    maps="lastUpdateTime",
)
"""V1 device/tlx/tlx_set_info."""

MIX_INFO = bean(
    numbers="""
        activeRate batTempLowerLimitC batTempLowerLimitD batTempUpperLimitC batTempUpperLimitD buckUPSVoltSet
        ccCurrent cvVoltage energyDay energyMonth exportLimitPowerRate floatChargeCurrentLimit lvVoltage pCharge
        pDischarge powerFactor reactiveRate vbatStartForDischarge vbatStartforCharge vbatStopForCharge
        vbatStopForDischarge vbatWarnClr vbatWarning vnormal voltageHighLimit voltageLowLimit
    """,
    counts="""
        addr bagingTestStep batFirstSwitch1 batFirstSwitch2 batFirstSwitch3 batParallelNum batSeriesNum
        batteryType bctAdjust bctMode chargePowerCommand comAddress countrySelected deviceType
        disChargePowerCommand dtc epsFreqSet epsVoltSet exportLimit failsafe groupId id lcdLanguage level
        modbusVersion model plantId pmax priorityChoose status underExcited uspFreqSet wselectBaudrate
    """,
    flags="""
        acChargeEnable buckUpsFunEn epsFunEn forcedChargeStopSwitch1 forcedChargeStopSwitch2
        forcedChargeStopSwitch3 forcedDischargeStopSwitch1 forcedDischargeStopSwitch2 forcedDischargeStopSwitch3
        gridFirstSwitch1 gridFirstSwitch2 gridFirstSwitch3 lost onOff pvPfCmdMemoryState pvPfCmdMemoryStateMix
        updating
    """,
    nothing="""
        chargeTime1 chargeTime2 chargeTime3 communicationVersion dischargeTime1 dischargeTime2 dischargeTime3
        location plantname powerMax powerMaxText powerMaxTime record userName
    """,
    texts="""
        alias backflow_setting dataLogSn energyMonthText forcedChargeTimeStart1 forcedChargeTimeStart2
        forcedChargeTimeStart3 forcedChargeTimeStop1 forcedChargeTimeStop2 forcedChargeTimeStop3
        forcedDischargeTimeStart1 forcedDischargeTimeStart2 forcedDischargeTimeStart3 forcedDischargeTimeStop1
        forcedDischargeTimeStop2 forcedDischargeTimeStop3 fwVersion imgPath innerVersion lastUpdateTimeText
        manufacturer mix_ac_discharge_frequency mix_ac_discharge_voltage mix_off_grid_enable modelText parentID
        pf_sys_year portName pv_active_p_rate pv_grid_voltage_high pv_grid_voltage_low pv_on_off pv_power_factor
        pv_reactive_p_rate pv_reactive_p_rate_two serialNum statusText sysTime tcpServerIp treeID treeName
    """,
    lists="children",
    maps="energyDayMap lastUpdateTime",
)
"""V1 device/mix/mix_data_info."""

MIX_LAST = bean(
    numbers="""
        acChargeEnergyToday acChargeEnergyTotal acChargePower batteryTemperature bmsBatteryCurr bmsBatteryTemp
        bmsBatteryVolt bmsCell1Volt bmsCell2Volt bmsCell3Volt bmsCell4Volt bmsCell5Volt bmsCell6Volt
        bmsCell7Volt bmsCell8Volt bmsCell9Volt bmsCell10Volt bmsCell11Volt bmsCell12Volt bmsCell13Volt
        bmsCell14Volt bmsCell15Volt bmsCell16Volt bmsConstantVolt bmsDeltaVolt bmsGaugeFCC bmsGaugeRM bmsInfo
        bmsMaxCurr bmsPackInfo bmsUsingCap eacToday eacTotal epsVac2 epsVac3 epv1Today epv1Total epv2Today
        epv2Total epvTotal etoUserToday etoUserTotal etoGridToday etogridTotal fac pac pac1 pac2 pac3 pacToGridR
        pacToGridTotal pacToUserR pacToUserTotal pcharge1 pdischarge1 plocalLoadR plocalLoadTotal ppv ppv1 ppv2
        priorityChoose soc temp1 temp2 temp3 timeTotal upsFac upsLoadpercent upsPF upsPac1 upsPac2 upsPac3
        upsVac1 vBatDsp vBus1 vBus2 vac1 vac2 vac3 vbat vpv1 vpv2
    """,
    counts="""
        address batteryType bmsCycleCnt bmsError bmsErrorOld bmsFW bmsMCUVersion bmsSOC bmsSOH bmsStatus
        bmsStatusOld bmsWarnInfo bmsWarnInfoOld errorCode faultBitCode faultCode status sysEn sysFaultWord
        sysFaultWord1 sysFaultWord2 sysFaultWord3 sysFaultWord4 sysFaultWord5 sysFaultWord6 sysFaultWord7
        uwSysWorkMode warnCode
    """,
    flags="again lost withTime",
    nothing="alias dataLogSn day dayMap mixBean",
    texts="errorText ppvText socText statusText time warnText",
    maps="calendar",
)
"""V1 device/mix/mix_last_data."""

SPA_INFO = bean(
    numbers="""
        batTempLowerLimitC batTempLowerLimitD batTempUpperLimitC batTempUpperLimitD buckUPSVoltSet energyDay
        energyMonth floatChargeCurrentLimit pCharge pDischarge powerFactor vacHigh vacLow vbatStartForDischarge
        vbatStartforCharge vbatStopForCharge vbatStopForDischarge vbatWarnClr vbatWarning
    """,
    counts="""
        activePRate addr bagingTestStep batFirstSwitch1 batFirstSwitch2 batFirstSwitch3 batteryType bctAdjust
        bctMode chargePowerCommand comAddress countrySelected disChargePowerCommand dtc epsFreqSet epsVoltSet
        groupId id lcdLanguage level modbusVersion model plantId pmax priorityChoose reactivePRate status
        wselectBaudrate
    """,
    flags="""
        buckUpsFunEn epsFunEn gridFirstSwitch1 gridFirstSwitch2 gridFirstSwitch3 loadFirstSwitch1
        loadFirstSwitch2 loadFirstSwitch3 lost onOff updating
    """,
    nothing="""
        chargeTime1 chargeTime2 chargeTime3 communicationVersion dischargeTime1 dischargeTime2 dischargeTime3
        equipmentType location pfCmdMemoryState plantname powerMax powerMaxText powerMaxTime record uspFreqSet
        userName
    """,
    texts="""
        alias backflow_setting dataLogSn energyMonthText forcedChargeTimeStart1 forcedChargeTimeStart2
        forcedChargeTimeStart3 forcedChargeTimeStop1 forcedChargeTimeStop2 forcedChargeTimeStop3
        forcedDischargeTimeStart1 forcedDischargeTimeStart2 forcedDischargeTimeStart3 forcedDischargeTimeStop1
        forcedDischargeTimeStop2 forcedDischargeTimeStop3 fwVersion imgPath innerVersion lastUpdateTimeText
        loadFirstStartTime1 loadFirstStartTime2 loadFirstStartTime3 loadFirstStopTime1 loadFirstStopTime2
        loadFirstStopTime3 manufacturer modelText parentID pf_sys_year portName pv_active_p_rate
        pv_grid_voltage_high pv_grid_voltage_low pv_on_off pv_pf_cmd_memory_state pv_power_factor
        pv_reactive_p_rate pv_reactive_p_rate_two serialNum spa_ac_discharge_frequency spa_ac_discharge_voltage
        spa_off_grid_enable statusText sysTime tcpServerIp treeID treeName
    """,
    lists="children",
    maps="energyDayMap lastUpdateTime",
)
"""V1 device/spa/spa_data_info."""

SPA_LAST = bean(
    numbers="""
        acChargeEnergyToday acChargeEnergyTotal acChargePower batteryTemperature bmsBatteryCurr bmsBatteryTemp
        bmsBatteryVolt bmsCell1Volt bmsCell2Volt bmsCell3Volt bmsCell4Volt bmsCell5Volt bmsCell6Volt
        bmsCell7Volt bmsCell8Volt bmsCell9Volt bmsCell10Volt bmsCell11Volt bmsCell12Volt bmsCell13Volt
        bmsCell14Volt bmsCell15Volt bmsCell16Volt bmsConstantVolt bmsDeltaVolt bmsGaugeFCC bmsGaugeRM bmsInfo
        bmsMaxCurr bmsMaxDischgCurr bmsPackInfo bmsUsingCap eacToday eacTotal echarge1Today echarge1Total
        edischargeToday edischargeTotal elocalLoadToday elocalLoadTotal epvInverterToday epvInverterTotal
        etoUserToday etoUserTotal etoGridToday etogridTotal fac pac pac1 pacToGridR pacToGridTotal pacToUserR
        pacToUserTotal pcharge1 pdischarge1 plocalLoadR plocalLoadTotal ppvInverter priorityChoose soc temp1
        temp2 timeTotal upsFac upsLoadpercent upsPF upsPac1 upsVac1 vBatDsp vBus1 vBus2 vac1 vbat
    """,
    counts="""
        address batteryType bmsCycleCnt bmsError bmsErrorOld bmsFW bmsMCUVersion bmsSOC bmsSOH bmsStatus
        bmsStatusOld bmsWarnInfo bmsWarnInfoOld errorCode faultBitCode faultCode status sysEn sysFaultWord
        sysFaultWord1 sysFaultWord2 sysFaultWord3 sysFaultWord4 sysFaultWord5 sysFaultWord6 sysFaultWord7
        uwSysWorkMode warnCode
    """,
    flags="again lost withTime",
    nothing="dayMap spaBean",
    texts="alias dataLogSn day errorText serialNum socText statusText time warnText",
    maps="calendar",
)
"""V1 device/spa/spa_last_data."""

STORAGE_INFO = bean(
    numbers="""
        acInModel batLowToUtiVolt bulkChargeVolt floatChargeVolt manualStartEn maxChargeCurr outputConfig
        overLoadRestart overTempRestart pCharge pDischarge rateVA rateWatt utiChargeEnd utiChargeStart utiOutEnd
        utiOutStart
    """,
    counts="""
        addr bLightEn batteryType buzzerEN chargeConfig deviceType groupId level model outputFreqType
        outputVoltType plantId powSavingEn pvModel sciLossChkEn status uwBatType2
    """,
    flags="lost statusLed1 statusLed2 statusLed3 statusLed4 statusLed5 statusLed6 updating",
    nothing="communicationVersion location plantname portName record sysTime userName",
    texts="""
        alias dataLogSn fwVersion imgPath innerVersion lastUpdateTimeText modelText parentID serialNum
        statusText tcpServerIp treeID treeName
    """,
    lists="children",
    maps="lastUpdateTime",
)
"""V1 device/storage/storage_data_info."""

STORAGE_LAST = bean(
    numbers="""
        bLightEn batTemp bmsCellVoltage1 bmsCellVoltage2 bmsCellVoltage3 bmsCellVoltage4 bmsCellVoltage5
        bmsCellVoltage6 bmsCellVoltage7 bmsCellVoltage8 bmsCellVoltage9 bmsCellVoltage10 bmsCellVoltage11
        bmsCellVoltage12 bmsCellVoltage13 bmsCellVoltage14 bmsCellVoltage15 bmsCellVoltage16 bmsConstantVolt
        bmsCurrent bmsCurrent2 bmsDeltaVolt bmsSoh bmsTemperature bmsTemperature2 capacity cellVoltage1
        cellVoltage2 cellVoltage3 cellVoltage4 cellVoltage5 cellVoltage6 cellVoltage7 cellVoltage8 cellVoltage9
        cellVoltage10 cellVoltage11 cellVoltage12 cellVoltage13 cellVoltage14 cellVoltage15 cellVoltage16
        cell2Voltage1 cell2Voltage2 cell2Voltage3 cell2Voltage4 cell2Voltage5 cell2Voltage6 cell2Voltage7
        cell2Voltage8 cell2Voltage9 cell2Voltage10 cell2Voltage11 cell2Voltage12 cell2Voltage13 cell2Voltage14
        cell2Voltage15 cell2Voltage16 chargeMonth constantVolt constantVolt2 deltaVolt deltaVolt2 disChargeMonth
        eBatDisChargeToday eBatDisChargeTotal eChargeToday eChargeToday2 eChargeTotal eChargeTotal2
        eDischargeToday eDischargeToday2 eDischargeTotal eDischargeTotal2 eToGridToday eToGridTotal eToUserToday
        eToUserTotal etoday etotal eacChargeToday eacChargeTotal eacDisChargeToday eacDisChargeTotal
        eopDischrToday eopDischrTotal epvToday epvToday2 epvTotal epvTotal2 freqGrid freqOutPut gaugeICCurrent
        gaugeRM1 gaugeRM2 gauge2RM1 gauge2RM2 iAcCharge iCharge iChargePV1 iChargePV2 iDischarge iacToGrid
        iacToUser ipmTemperature ipv loadPercent manualStartEn maxChargeOrDischargeCurrent
        maxChargeOrDischargeCurrent2 outPutCurrent outPutPower outPutVolt pAcCharge pAcInPut pBat pCharge
        pCharge2 pDischarge pDischarge2 pacToGrid pacToUser powSavingEn ppv ppv2 rateVA rateWatt remoteCntlEn
        sciLossChkEn soh soh2 sysOut temperature uwBatType2 vBat vBuck vBuck2 vBus vGrid vac vpv vpv2
    """,
    counts="""
        address bmsError bmsError2 bmsStatus bmsStatus2 bmsWarnInfo chargeToStandbyReason chargeWay cycleCount
        cycleCount2 deviceType dischargeToStandbyReason errorCode faultCode gaugeBattteryStatus
        gaugeOperationStatus gaugePackStatus normalPower remoteCntlFailReason status warnCode warnInfo warnInfo2
    """,
    flags="again lost withTime",
    nothing="alias dataLogSn day dayMap storageBean",
    texts="""
        capacityText chargeToStandbyReasonText dischargeToStandbyReasonText eChargeTodayText eChargeTotalText
        eDischargeTodayText eDischargeTotalText errorText iChargeText iDischargeText iacToGridText iacToUserText
        innerCWCode ipvText pChargeText pDischargeText pacToGridText ppvText serialNum statusText time vBatText
        vBuckText vacText vpvText warnText
    """,
    maps="calendar",
)
"""V1 device/storage/storage_last_data."""

MAX_INFO = bean(
    numbers="eToday eTotal energyMonth power",
    counts="addr groupId id level model plantId status",
    flags="bigDevice lost updating",
    nothing="location plantname record userName",
    texts="""
        alias communicationVersion dataLogSn fwVersion imgPath innerVersion lastUpdateTimeText modelText
        parentID portName serialNum statusText tcpServerIp treeID treeName
    """,
    lists="children",
    maps="lastUpdateTime",
)
"""V1 device/max/max_data_info."""

MAX_LAST = bean(
    numbers="""
        apfStatus compharir compharis compharit compqr compqs compqt ctharir ctharis ctharit ctir ctis ctit ctqr
        ctqs ctqt currentString1 currentString2 currentString3 currentString4 currentString5 currentString6
        currentString7 currentString8 currentString9 currentString10 currentString11 currentString12
        currentString13 currentString14 currentString15 currentString16 eacToday eacTotal epv1Today epv1Total
        epv2Today epv2Total epv3Today epv3Total epv4Today epv4Total epv5Today epv5Total epv6Today epv6Total
        epv7Today epv7Total epv8Today epv8Total epvTotal eRacToday eRacTotal fac gfci iacr iacs iact iPidPvape
        iPidPvbpe iPidPvcpe iPidPvdpe iPidPvepe iPidPvfpe iPidPvgpe iPidPvhpe ipmTemperature ipv1 ipv2 ipv3 ipv4
        ipv5 ipv6 ipv7 ipv8 nBusVoltage opFullwatt pac pacr pacs pact pBusVoltage pf pidBus powerToday
        powerTotal ppv ppv1 ppv2 ppv3 ppv4 pvIso rac rDci realOPPercent sDci temperature temperature2
        temperature3 temperature4 temperature5 timeTotal vacr vacRs vacs vacSt vact vacTr vPidPvape vPidPvbpe
        vPidPvcpe vPidPvdpe vPidPvepe vPidPvfpe vPidPvgpe vPidPvhpe vpv1 vpv2 vpv3 vpv4 vpv5 vpv6 vpv7 vpv8
    """,
    counts="""
        address deratingMode faultCode1 faultCode2 faultType faultValue id pidFaultCode status strUnblance
        strUnmatch warnBit warnCode warningValue1 warningValue2 warningValue3 wPIDFaultValue wStringStatusValue
    """,
    flags="again lost withTime",
    nothing="alias apfStatusText dataLogSn day maxBean",
    texts="debug1 debug2 pidStatusText statusText time",
    maps="calendar",
)
"""V1 device/max/max_last_data."""

INVERTER_INFO = bean(
    numbers="energyDay energyMonth eToday eTotal ipmTemperature power temperature",
    counts="address groupID id level model nominalPower plantId status userID",
    flags="bigDevice lost updateExist updating",
    nothing="createDate location plantname powerMax powerMaxText powerMaxTime record rfStick userName",
    texts="""
        alias dataLogSn energyMonthText fwVersion imgPath innerVersion inverterInfoStatusCss lastUpdateTimeText
        loadText modelText parentID serialNum statusText tcpServerIp treeID treeName
    """,
    lists="children",
    maps="energyDayMap lastUpdateTime",
)
"""V1 device/inverter/inv_data_info."""

INVERTER_LAST = bean(
    numbers="""
        compharir compharis compharit compqr compqs compqt ctharir ctharis ctharit ctir ctis ctit ctqr ctqs ctqt
        currentString1 currentString2 currentString3 currentString4 currentString5 currentString6 currentString7
        currentString8 currentString9 currentString10 currentString11 currentString12 currentString13
        currentString14 currentString15 currentString16 epv1Today epv1Total epv2Today epv2Total epv3Today
        epv3Total epv4Today epv4Total epv5Today epv5Total epv6Today epv6Total epv7Today epv7Total epv8Today
        epv8Total epvTotal eRacToday eRacTotal fac iacr iacs iact iPidPvape iPidPvbpe iPidPvcpe iPidPvdpe
        iPidPvepe iPidPvfpe iPidPvgpe iPidPvhpe ipmTemperature ipv1 ipv2 ipv3 ipv4 ipv5 ipv6 ipv7 ipv8
        nBusVoltage opFullwatt pac pacr pacs pact pBusVoltage pf pidBus powerToday powerTotal ppv ppv1 ppv2 ppv3
        ppv4 ppv5 ppv6 ppv7 ppv8 pvIso rac rDci realOPPercent sDci strBreak strFault strUnblance strUnmatch tDci
        temperature temperature2 temperature3 temperature4 temperature5 timeTotal vacr vacRs vacs vacSt vact
        vacTr vPidPvape vPidPvbpe vPidPvcpe vPidPvdpe vPidPvepe vPidPvfpe vPidPvgpe vPidPvhpe vpv1 vpv2 vpv3
        vpv4 vpv5 vpv6 vpv7 vpv8 vString1 vString2 vString3 vString4 vString5 vString6 vString7 vString8
        vString9 vString10 vString11 vString12 vString13 vString14 vString15 vString16
    """,
    counts="""
        apfStatus deratingMode dwStringWarningValue1 faultCode1 faultCode2 faultType faultValue gfci id
        pidFaultCode pidStatus status warnBit warnCode warningValue1 warningValue2 warningValue3 wPIDFaultValue
        wStringStatusValue
    """,
    flags="again bigDevice",
    texts="debug1 debug2 statusText time timeTotalText",
    maps="timeCalendar",
)
"""V1 device/inverter/last_new_data."""

METER_LAST = bean(
    numbers="""
        aActivePower aCurrent aPowerFactor aReactivePower aVoltage activeEnergy activePower activePowerL1
        activePowerL2 activePowerL3 activePowerMaxNeed activePowerMaxNeedOne activePowerNeed activePowerNeedOne
        apparentEnergy apparentEnergyMaxNeed apparentEnergyNeed apparentPower apparentPowerL1 apparentPowerL2
        apparentPowerL3 bActivePower bPowerFactor bReactivePower cActivePower cPowerFactor cReactivePower
        current currentHarmonicAvg currentIa currentIb currentIc currentL1 currentL1MaxNeed currentL1Need
        currentL2 currentL2MaxNeed currentL2Need currentL3 currentL3MaxNeed currentL3Need currentMaxNeed
        currentNeed feiLvBoZEnergy feiLvFengZEnergy feiLvGuZEnergy feiLvPingZEnergy forwardActiveMaxNeed
        forwardActiveNeed frequency gridEnergy gridFrequency instantaneousTotalApparentPower
        instantlyTotalActivePower instantlyTotalReactivePower l1CurrentHarmonic l1Voltage2 l1VoltageHarmonic
        l1VoltageHarmonic2 l2CurrentHarmonic l2Voltage3 l2VoltageHarmonic l2VoltageHarmonic3 l3CurrentHarmonic
        l3Voltage1 l3VoltageHarmonic l3VoltageHarmonic1 lineVoltageHarmonicAvg posiActivePower posiReactivePower
        positiveActiveTotalEnergy powerFactor powerFactorL1 powerFactorL2 powerFactorL3 reactiveEnergy
        reactivePower reactivePowerL1 reactivePowerL2 reactivePowerL3 reverActivePower reverReactivePower
        reverseActiveMaxNeed reverseActiveNeed reverseActiveTotalEnergy totalActiveEnergyL1 totalActiveEnergyL2
        totalActiveEnergyL3 totalEnergy totalReactiveEnergyL1 totalReactiveEnergyL2 totalReactiveEnergyL3
        userEnergy voltage voltageHarmonicAvg voltageL1 voltageL2 voltageL3 voltageUa voltageUab voltageUb
        voltageUbc voltageUc voltageUca zeroLineMaxNeed zeroLineNeed
    """,
    counts="addr",
    nothing="""
        activeNetTotalEnergy again alarmCode alias comAddress combinedReactivePower1 combinedReactivePower2
        commStatus currentActiveDemand currentReactiveDemand deviceSn exPowerFactor genericMeter historyNumber
        lost meterDh meterMs meterYm modeStatus monthEnergy netTotalEnergy posiActiveNetTotalEnergy
        posiReactiveNetTotalEnergy positiveActiveTodayEnergy reactiveNetTotalEnergy reverActiveNetTotalEnergy
        reverApparentEnergy reverReactiveNetTotalEnergy reverseActiveEnergy reverseActiveTodayEnergy
        reverseInstantlyTotalActivePower runStatus softCode softVersion statusLastUpdateTime thdi1 thdi2 thdi3
        thdv1 thdv2 thdv3 todayEnergy withTime
    """,
    texts="dataLogSn timeText",
    maps="calendar",
)
"""V1 device/ammeter/meter_last_data."""

V4_TLX_INFO = bean(
    numbers="""
        batSysEnergy batTempLowerLimitC batTempLowerLimitD batTempUpperLimitC batTempUpperLimitD eToday eTotal
        energyMonth mppt pCharge pDischarge power timezone vbatStartForDischarge vbatStopForCharge
        vbatStopForDischarge vbatWarnClr vbatWarning vnormal vppOpen
    """,
    counts="""
        addr bagingTestStep batParallelNum batSeriesNum batteryType bctAdjust bctMode bdcAuthversion bdcMode
        bmsCommunicationType comAddress countrySelected deviceType dtc groupId id lastUpdateTime level
        modbusVersion model plantId pmax priorityChoose pvNum restartTime safetyVersion startTime status strNum
        trakerModel wselectBaudrate
    """,
    flags="lost updating",
    nothing="""
        bcuVersion bdc1Sn bmsSoftwareVersion children liBatteryFwVersion liBatteryManufacturers location
        monitorVersion optimezerList plantname powerMax powerMaxText powerMaxTime record sysTime tlxSetbean
        userName
    """,
    texts="""
        alias bdc1Model bdc1Version communicationVersion dataLogSn energyMonthText fwVersion hwVersion imgPath
        innerVersion lastUpdateTimeText manufacturer modelText parentID portName serialNum statusText
        tcpServerIp treeID treeName
    """,
    maps="energyDayMap",
)
"""V4 queryDeviceInfo, min."""

V4_TLX_LAST = bean(
    numbers="""
        bdc1ChargePower bdc1ChargeTotal bdc1DischargePower bdc1DischargeTotal bdc1Ibat bdc1Ibb bdc1Illc bdc1Soc
        bdc1Temp1 bdc1Temp2 bdc1Vbat bdc1Vbus1 bdc1Vbus2 bdc2ChargePower bdc2ChargeTotal bdc2DischargePower
        bdc2DischargeTotal bdc2Ibat bdc2Ibb bdc2Illc bdc2Soc bdc2Temp1 bdc2Temp2 bdc2Vbat bdc2Vbus1 bdc2Vbus2
        bdcVbus2Neg bmsCvVolt bmsIbat bmsIcycle bmsInfo bmsMaxCurr bmsPackInfo bmsSoc bmsSoh bmsTemp1Bat
        bmsUsingCap bmsVbat bmsVdelta bmsWarnCode dcVoltage dciR dciS dciT eacChargeToday eacChargeTotal
        eacToday eacTotal echargeToday echargeTotal edischargeToday edischargeTotal eex1Today eex1Total
        eex2Today eex2Total elocalLoadToday elocalLoadTotal epsFac epsIac1 epsIac2 epsIac3 epsPac epsPac1
        epsPac2 epsPac3 epsPf epsVac1 epsVac2 epsVac3 epv1Today epv1Total epv2Today epv2Total epv3Today
        epv3Total epv4Today epv4Total epvTotal eselfToday eselfTotal esystemToday esystemTotal etoGridToday
        etoGridTotal etoUserToday etoUserTotal fac gfci iac1 iac2 iac3 iacr invDelayTime ipv1 ipv2 ipv3 ipv4 iso
        loadPercent mtncRqst nBusVoltage opFullwatt pBusVoltage pac pac1 pac2 pac3 pacToGridTotal pacToLocalLoad
        pacToUserTotal pacr pex1 pex2 pf ppv ppv1 ppv2 ppv3 ppv4 pself psystem realOPPercent soc1 soc2 temp1
        temp2 temp3 temp4 temp5 timeTotal totalWorkingTime vac1 vac2 vac3 vacRs vacSt vacTr vacr vacrs vpv1 vpv2
        vpv3 vpv4 winOffGridSOC winOnGridSOC
    """,
    counts="""
        address batteryNo bdc1FaultType bdc1Mode bdc1Status bdc1WarnCode bdc2FaultType bdc2Mode bdc2Status
        bdc2WarnCode bdcBusRef bdcDerateReason bdcFaultSubCode bdcStatus bdcWarnSubCode bgridType
        bmsCommunicationType bmsError2 bmsError3 bmsError4 bmsFaultType bmsIosStatus bmsStatus bmsWarn2
        bsystemWorkMode calendar deratingMode dryContactStatus faultType faultType1 mtncMode newWarnCode
        newWarnSubCode operatingMode status sysFaultWord sysFaultWord1 sysFaultWord2 sysFaultWord3 sysFaultWord4
        sysFaultWord5 sysFaultWord6 sysFaultWord7 uwSysWorkMode warnCode warnCode1 winMode winRequest
    """,
    flags="again bMerterConnectFlag isAgain lost withTime",
    nothing="alias batSn batterySN day tMtncStrt tWinEnd tWinStart tlxBean",
    texts="""
        bmsFwVersion bmsMcuVersion dataLogSn debug1 debug2 errorText serialNum statusText time warnText
    """,
)
"""V4 queryLastData, min."""

V4_MIX_INFO = bean(
    numbers="""
        activeRate batSysRateEnergy batTempLowerLimitC batTempLowerLimitD batTempUpperLimitC batTempUpperLimitD
        buckUPSVoltSet ccCurrent cvVoltage energyDay energyMonth exportLimitPowerRate floatChargeCurrentLimit
        inPower lvVoltage outPower pCharge pDischarge powerFactor reactiveDelay reactivePowerLimit reactiveRate
        timezone uwGridWattDelay uwHFRT2EE uwHFRTEE uwHFRTTimeEE uwHFRTTime2EE uwHVRT2EE uwHVRTEE uwHVRTTimeEE
        uwHVRTTime2EE uwLFRT2EE uwLFRTEE uwLFRTTimeEE uwLFRTTime2EE uwLVRT2EE uwLVRT3EE uwLVRTEE uwLVRTTime2EE
        uwLVRTTime3EE uwLVRTTimeEE uwNominalGridVolt uwReconnectStartSlope v1 v2 v3 v4 vbatStartForDischarge
        vbatStartforCharge vbatStopForCharge vbatStopForDischarge vbatWarnClr vbatWarning vnormal
        voltageHighLimit voltageLowLimit vppOpen
    """,
    counts="""
        addr backUpEn bagingTestStep batFirstSwitch1 batFirstSwitch2 batFirstSwitch3 batParallelNum batSeriesNum
        batteryType bctAdjust bctMode chargePowerCommand comAddress countrySelected deviceType
        disChargePowerCommand dtc epsFreqSet epsVoltSet exportLimit failsafe groupId id invVersion
        lastUpdateTime lcdLanguage level loadFirstControl loadFirstStopSocSet modbusVersion model
        newSwVersionFlag offGridDischargeSOC oldErrorFlag plantId pmax priorityChoose region singleExport status
        underExcited uspFreqSet wselectBaudrate
    """,
    flags="""
        acChargeEnable buckUpsFunEn epsFunEn forcedChargeStopSwitch1 forcedChargeStopSwitch2
        forcedChargeStopSwitch3 forcedChargeStopSwitch4 forcedChargeStopSwitch5 forcedChargeStopSwitch6
        forcedDischargeStopSwitch1 forcedDischargeStopSwitch2 forcedDischargeStopSwitch3
        forcedDischargeStopSwitch4 forcedDischargeStopSwitch5 forcedDischargeStopSwitch6 gridFirstSwitch1
        gridFirstSwitch2 gridFirstSwitch3 lost onOff sgipEn updating
    """,
    nothing="""
        backflowSetting chargeTime1 chargeTime2 chargeTime3 children communicationVersion dischargeTime1
        dischargeTime2 dischargeTime3 location mcVersion mixAcDischargeFrequency mixAcDischargeVoltage
        mixOffGridEnable monitorVersion pfSysYear plantname powerMax powerMaxText powerMaxTime pvActivePRate
        pvGridVoltageHigh pvGridVoltageLow pvOnOff pvPfCmdMemoryState pv_pf_cmd_memory_state pvPowerFactor
        pvReactivePRate pvReactivePRateTwo record userName
    """,
    texts="""
        alias dataLogSn energyMonthText forcedChargeTimeStart1 forcedChargeTimeStart2 forcedChargeTimeStart3
        forcedChargeTimeStart4 forcedChargeTimeStart5 forcedChargeTimeStart6 forcedChargeTimeStop1
        forcedChargeTimeStop2 forcedChargeTimeStop3 forcedChargeTimeStop4 forcedChargeTimeStop5
        forcedChargeTimeStop6 forcedDischargeTimeStart1 forcedDischargeTimeStart2 forcedDischargeTimeStart3
        forcedDischargeTimeStart4 forcedDischargeTimeStart5 forcedDischargeTimeStart6 forcedDischargeTimeStop1
        forcedDischargeTimeStop2 forcedDischargeTimeStop3 forcedDischargeTimeStop4 forcedDischargeTimeStop5
        forcedDischargeTimeStop6 fwVersion imgPath innerVersion lastUpdateTimeText manufacturer modelText
        parentID portName safety safetyNum serialNum statusText sysTime sysTimeText tcpServerIp treeID treeName
    """,
    maps="energyDayMap",
)
"""V4 queryDeviceInfo, sph."""

V4_MIX_LAST = bean(
    numbers="""
        acChargeEnergyToday acChargeEnergyTotal acChargePower accChargePower accdischargePower
        batteryTemperature bmsBatteryCurr bmsBatteryTemp bmsBatteryVolt bmsCell1Volt bmsCell2Volt bmsCell3Volt
        bmsCell4Volt bmsCell5Volt bmsCell6Volt bmsCell7Volt bmsCell8Volt bmsCell9Volt bmsCell10Volt
        bmsCell11Volt bmsCell12Volt bmsCell13Volt bmsCell14Volt bmsCell15Volt bmsCell16Volt bmsConstantVolt
        bmsDeltaVolt bmsGaugeFCC bmsGaugeRM bmsInfo bmsMaxCurr bmsPackInfo bmsUsingCap capacityADD
        chargeCutoffVolt dischargeCutoffVolt eacToday eacTotal eexToday eexTotal epsVac2 epsVac3 epv1Today
        epv1Total epv2Today epv2Total epvTotal epvtoday etoGridToday etoUserToday etoUserTotal etogridTotal fac
        iac1 iac2 iac3 maxSOC maxSingleCellTem maxSingleCellVolt minSOC minSingleCellTem minSingleCellVolt pac
        pac1 pac2 pac3 pacR pacS pacT pacToGridR pacToGridTotal pacToUserR pacToUserTotal pcharge1 pdischarge1
        pex plocalLoadR plocalLoadR2 plocalLoadS plocalLoadT plocalLoadTotal pmR pmS pmT ppv ppv1 ppv2
        priorityChoose pself psystem soc temp1 temp2 temp3 timeTotal upsFac upsLoadpercent upsPF upsPac1 upsPac2
        upsPac3 upsVac1 uwMaxCellVol uwMaxTemprCell uwMinCellVol uwMinTemprCell vBatDsp vBus1 vBus2 vac1 vac2
        vac3 vbat vpv1 vpv2
    """,
    counts="""
        accChargePackSn accDischargePackSn address bModuleNum bTotalCellNum backupWarning batErrorUnion
        battHistoryFaultCode1 battHistoryFaultCode2 battHistoryFaultCode3 battHistoryFaultCode4
        battHistoryFaultCode5 battHistoryFaultCode6 battHistoryFaultCode7 battHistoryFaultCode8 batteryType
        bmsCycleCnt bmsError bmsError2 bmsError3 bmsErrorExpansion bmsErrorOld bmsFW bmsHardwareVersion
        bmsHardwareVersion2 bmsHighestSoftVersion bmsMCUVersion bmsProtection bmsRequestType bmsSOC bmsSOH
        bmsStatus bmsStatusOld bmsWarnInfo bmsWarnInfo2 bmsWarnInfoOld calendar chargeForbiddenMark
        dischargeForbiddenMark errorCode faultBitCode faultCode fourthBattFaultSn maxSingleCellTemNo
        maxSingleCellVoltNo minSingleCellTemNo minSingleCellVoltNo moduleQty moduleSeriesQty numberOfBattCodes
        protectPackId secondBattFaultSn sgipCyclCnt sgipStartCyclCnt softwareDevelopMajorVersion
        softwareDevelopMinorVersion softwareMajorVersion softwareMinorVersion status sysEn sysFaultWord
        sysFaultWord1 sysFaultWord2 sysFaultWord3 sysFaultWord4 sysFaultWord5 sysFaultWord6 sysFaultWord7
        thirdBattFaultSn uwDspDcDcDebugData uwDspDcDcDebugData1 uwDspDcDcDebugData2 uwDspDcDcDebugData3
        uwDspDcDcDebugData4 uwDspInvDebugData uwDspInvDebugData1 uwDspInvDebugData2 uwDspInvDebugData3
        uwDspInvDebugData4 uwMaxTemprCellNo uwMaxVoltCellNo uwMinTemprCellNo uwMinVoltCellNo uwSysWorkMode
        warnCode
    """,
    flags="again lost withTime",
    nothing="alias day dayMap dsgipStartDateTime firstBattFaultSn mixBean",
    texts="dataLogSn errorText ppvText serialNum socText statusText time warnText",
)
"""V4 queryLastData, sph."""

V4_SPA_INFO = bean(
    numbers="""
        batSysRateEnergy batTempLowerLimitC batTempLowerLimitD batTempUpperLimitC batTempUpperLimitD
        buckUPSVoltSet energyDay energyMonth exportLimitPowerRate floatChargeCurrentLimit offGridDischargeSOC
        pCharge pDischarge powerFactor proPto timezone upsFreqSet vacHigh vacLow vbatStartForDischarge
        vbatStartforCharge vbatStopForCharge vbatStopForDischarge vbatWarnClr vbatWarning vppOpen
    """,
    counts="""
        activePRate addr bagingTestStep batFirstSwitch1 batFirstSwitch2 batFirstSwitch3 batPackNum batteryType
        bctAdjust bctMode chargePowerCommand comAddress countrySelected deviceType disChargePowerCommand dtc
        epsFreqSet epsVoltSet exportLimit failsafe groupId id invVersion lastUpdateTime lcdLanguage level
        modbusVersion model newSwVersionFlag oldErrorFlag pfCMDmemoryState plantId pmax priorityChoose
        reactivePRate region safetyCorrespondNum safetyVersion status underExcited wchargeSOCLowLimit1
        wchargeSOCLowLimit2 wdisChargeSOCLowLimit1 wdisChargeSOCLowLimit2 wloadSOCLowLimit1 wloadSOCLowLimit2
        wselectBaudrate
    """,
    flags="""
        acChargeEnable buckUpsFunEn epsFunEn forcedChargeStopSwitch4 forcedChargeStopSwitch5
        forcedChargeStopSwitch6 forcedDischargeStopSwitch4 forcedDischargeStopSwitch5 forcedDischargeStopSwitch6
        gridFirstSwitch1 gridFirstSwitch2 gridFirstSwitch3 loadFirstSwitch1 loadFirstSwitch2 loadFirstSwitch3
        lost onOff updating
    """,
    nothing="""
        backflowSetting batSerialNum chargeTime1 chargeTime2 chargeTime3 children communicationVersion
        dischargeTime1 dischargeTime2 dischargeTime3 equipmentType forcedChargeTimeStart4 forcedChargeTimeStart5
        forcedChargeTimeStart6 forcedChargeTimeStop4 forcedChargeTimeStop5 forcedChargeTimeStop6
        forcedDischargeTimeStart4 forcedDischargeTimeStart5 forcedDischargeTimeStart6 forcedDischargeTimeStop4
        forcedDischargeTimeStop5 forcedDischargeTimeStop6 location mcVersion monitorVersion pfSysYear plantname
        powerMax powerMaxText powerMaxTime pvActivePRate pvGridVoltageHigh pvGridVoltageLow pvOnOff
        pvPfCmdMemoryState pvPowerFactor pvReactivePRate pvReactivePRateTwo record spaAcDischargeFrequency
        spaAcDischargeVoltage spaOffGridEnable userName
    """,
    texts="""
        alias dataLogSn energyMonthText forcedChargeTimeStart1 forcedChargeTimeStart2 forcedChargeTimeStart3
        forcedChargeTimeStop1 forcedChargeTimeStop2 forcedChargeTimeStop3 forcedDischargeTimeStart1
        forcedDischargeTimeStart2 forcedDischargeTimeStart3 forcedDischargeTimeStop1 forcedDischargeTimeStop2
        forcedDischargeTimeStop3 fwVersion imgPath innerVersion lastUpdateTimeText loadFirstStartTime1
        loadFirstStartTime2 loadFirstStartTime3 loadFirstStopTime1 loadFirstStopTime2 loadFirstStopTime3
        manufacturer modelText parentID portName serialNum statusText sysTime sysTimeText tcpServerIp treeID
        treeName
    """,
    maps="energyDayMap",
)
"""V4 queryDeviceInfo, spa."""

V4_SPA_LAST = bean(
    numbers="""
        acChargeEnergyToday acChargeEnergyTotal acChargePower accChargePower accdischargePower
        batteryTemperature bmsBatteryCurr bmsBatteryTemp bmsBatteryVolt bmsCell1Volt bmsCell2Volt bmsCell3Volt
        bmsCell4Volt bmsCell5Volt bmsCell6Volt bmsCell7Volt bmsCell8Volt bmsCell9Volt bmsCell10Volt
        bmsCell11Volt bmsCell12Volt bmsCell13Volt bmsCell14Volt bmsCell15Volt bmsCell16Volt bmsConstantVolt
        bmsDeltaVolt bmsGaugeFCC bmsGaugeRM bmsInfo bmsMaxCurr bmsPackInfo bmsUsingCap eacToday eacTotal
        epvInverterToday epvInverterTotal etoGridToday etoUserToday etoUserTotal etogridTotal fac iac1 iac2 iac3
        maxSOC minSOC pac pac1 pacR pacS pacT pacToGridR pacToGridTotal pacToUserR pacToUserTotal pcharge1
        pdischarge1 plocalLoadR plocalLoadR2 plocalLoadS plocalLoadT plocalLoadTotal pmR pmS pmT ppvInverter
        priorityChoose pself psystem soc temp1 temp2 temp3 timeTotal upsFac upsIac1 upsIac2 upsIac3
        upsLoadpercent upsPF upsPac1 upsPac2 upsPac3 upsVac1 upsVac2 upsVac3 uwMaxCellVol uwMaxTemprCell
        uwMinCellVol uwMinTemprCell vBatDsp vBus1 vBus2 vac1 vac2 vac3 vbat
    """,
    counts="""
        accChargePackSn accDischargePackSn address bModuleNum bTotalCellNum battHistoryFaultCode1
        battHistoryFaultCode2 battHistoryFaultCode3 battHistoryFaultCode4 battHistoryFaultCode5
        battHistoryFaultCode6 battHistoryFaultCode7 battHistoryFaultCode8 batteryType bmsCycleCnt bmsError
        bmsError2 bmsError3 bmsErrorOld bmsFW bmsHardwareVersion bmsHardwareVersion2 bmsHighestSoftVersion
        bmsMCUVersion bmsRequestType bmsSOC bmsSOH bmsStatus bmsStatusOld bmsWarnInfo bmsWarnInfoOld calendar
        errorCode faultBitCode faultCode firstBattFaultSn fourthBattFaultSn moduleSeriesQty monitor
        numberOfBattCodes protectPackId secondBattFaultSn status sysEn sysFaultWord sysFaultWord1 sysFaultWord2
        sysFaultWord3 sysFaultWord4 sysFaultWord5 sysFaultWord6 sysFaultWord7 thirdBattFaultSn uwSysWorkMode
        uwDspDcDcDebugData uwDspDcDcDebugData1 uwDspDcDcDebugData2 uwDspDcDcDebugData3 uwDspDcDcDebugData4
        uwDspInvDebugData uwDspInvDebugData1 uwDspInvDebugData2 uwDspInvDebugData3 uwDspInvDebugData4
        uwMaxTemprCellNo uwMaxVoltCellNo uwMinTemprCellNo uwMinVoltCellNo warnCode
    """,
    flags="again lost withTime",
    nothing="alias day dayMap spaBean",
    texts="dataLogSn errorText serialNum socText statusText time warnText",
)
"""V4 queryLastData, spa."""

V4_STORAGE_INFO = bean(
    numbers="""
        acInModel acmaxChargeCurr batLowToUtiVolt batteryUndervoltageCutoffPoint bulkChargeVolt floatChargeVolt
        mainsToBatteryOperatPoint manualStartEn maxChargeCurr outputConfig overLoadRestart overTempRestart
        pCharge pDischarge rateVA rateWatt timezone utiChargeEnd utiChargeStart utiOutEnd utiOutStart
        uwFeedRange uwLoadFirst
    """,
    counts="""
        addr bLightEn batteryType buzzerEN chargeConfig deviceType dtc groupId lastUpdateTime level
        liBatteryProtocolType model outputFreqType outputVoltType plantId powSavingEn pvModel sciLossChkEn
        status uwBatType2 uwFeedEn
    """,
    flags="lost statusLed1 statusLed2 statusLed3 statusLed4 statusLed5 statusLed6 updating",
    nothing="""
        alias children communicationVersion innerVersion location plantname portName record treeName userName
    """,
    texts="""
        dataLogSn fwVersion imgPath lastUpdateTimeText modelText parentID serialNum statusText sysTime
        tcpServerIp treeID
    """,
)
"""V4 queryDeviceInfo, storage."""

V4_STORAGE_LAST = bean(
    numbers="""
        bLightEn batTemp bmsBatteryCurr bmsBatteryTemp bmsBatteryVolt bmsCellVolt1 bmsCellVolt2 bmsCellVolt3
        bmsCellVolt4 bmsCellVolt5 bmsCellVolt6 bmsCellVolt7 bmsCellVolt8 bmsCellVolt9 bmsCellVolt10
        bmsCellVolt11 bmsCellVolt12 bmsCellVolt13 bmsCellVolt14 bmsCellVolt15 bmsCellVolt16 bmsCellVoltage1
        bmsCellVoltage2 bmsCellVoltage3 bmsCellVoltage4 bmsCellVoltage5 bmsCellVoltage6 bmsCellVoltage7
        bmsCellVoltage8 bmsCellVoltage9 bmsCellVoltage10 bmsCellVoltage11 bmsCellVoltage12 bmsCellVoltage13
        bmsCellVoltage14 bmsCellVoltage15 bmsCellVoltage16 bmsConstantVolt bmsCurrent bmsCurrent2 bmsCvolt
        bmsDeltaVolt bmsInfo bmsMaxCurrChg bmsPackInfo bmsSoc bmsSoh bmsTemperature bmsTemperature2 bmsUsingCap
        buck1_NTCTemperature buck2_NTCTemperature capacity cellVoltage1 cellVoltage2 cellVoltage3 cellVoltage4
        cellVoltage5 cellVoltage6 cellVoltage7 cellVoltage8 cellVoltage9 cellVoltage10 cellVoltage11
        cellVoltage12 cellVoltage13 cellVoltage14 cellVoltage15 cellVoltage16 cell2Voltage1 cell2Voltage2
        cell2Voltage3 cell2Voltage4 cell2Voltage5 cell2Voltage6 cell2Voltage7 cell2Voltage8 cell2Voltage9
        cell2Voltage10 cell2Voltage11 cell2Voltage12 cell2Voltage13 cell2Voltage14 cell2Voltage15 cell2Voltage16
        chargeMonth chgCurr chgEnergy constantVolt constantVolt2 dcDcTemperature deltaVolt deltaVolt2
        disChargeMonth dischargeMonth dischgCurr dsgEnergy eBatChgToday eBatChgTotal eBatDisChargeToday
        eBatDisChargeTotal eChargeToday eChargeToday2 eChargeTotal eChargeTotal2 eDischargeToday
        eDischargeToday2 eDischargeTotal eDischargeTotal2 eGenDischrPower eGenDischrPower1 eGenDischrPower2
        eGenDischrToday eGenDischrTotal eToGridToday eToGridTotal eToUserToday eToUserTotal eacChargeToday
        eacChargeTotal eacDisChargeToday eacDisChargeTotal envTemperature eopDischrToday eopDischrTotal epvToday
        epvToday2 epvTotal epvTotal2 etoday etotal floatChargeVolt freqGrid freqOutPut gauge2RM1 gauge2RM2
        gaugeFCC gaugeICCurrent gaugeRM gaugeRM1 gaugeRM2 genCurrent genCurrent1 genCurrent2 genVolt genVolt2
        iAcCharge iAcCharge1 iAcCharge2 iCharge iChargePV1 iChargePV2 iDischarge iacToGrid iacToUser
        invTemperature ipmTemperature ipv llctemperature loadPercent loadPercent1 loadPercent2 manualStartEn
        maxCellTemp maxCellVolt maxChargeOrDischargeCurrent maxChargeOrDischargeCurrent2 maxminSoc minCellTemp
        minCellVolt module2MaxTemp module2MaxVolt module2MinTemp module2MinVolt moduleSoc moduleTotalCurr
        moduleTotalVolt outPutCurrent outPutCurrent2 outPutPower outPutPower1 outPutPower2 outPutVolt
        outPutVolt2 pAcCharge pAcInPut pAcInPut1 pAcInPut2 pAcOutPut pBat pCharge pCharge2 pDischarge
        pDischarge2 pacToGrid pacToUser powSavingEn ppv ppv2 qBat rateVA rateWatt remoteCntlEn sciLossChkEn soh
        soh2 sysOut temperature uwBatType2 vBat vBuck vBuck2 vBus vGrid vGrid2 vac vpv vpv2
    """,
    counts="""
        address batDepowerReason batProtect1 batProtect2 batProtect3 batSerialNumId batWarnInfo1 batWarnInfo2
        bmsError bmsError2 bmsStatus bmsStatus2 bmsWarnInfo calendar chargeToStandbyReason chargeWay chgBatNum
        cycleCount cycleCount2 deviceType dischargeToStandbyReason doStatus dsgBatNum errorCode faultCode
        gaugeBattteryStatus gaugeOperationStatus gaugePackStatus hardwareVersion manufacture
        maxminCellTempSerialNum maxminCellVoltNum moduleId moduleId2 moduleStatus normalPower packNum
        parallelHightSoftwarVer protectPackID remoteCntlFailReason requestBatteryType status totalCellNum
        updateStatus warnCode warnCode2 warnCode3 warnInfo warnInfo2
    """,
    flags="again lost withTime",
    nothing="""
        alias batSerialNumber day dayMap innerCWCode softwareVersion1 softwareVersion2 softwareVersion3
        storageBean
    """,
    texts="""
        capacityText chargeMonthText chargeToStandbyReasonText dataLogSn dischargeMonthText
        dischargeToStandbyReasonText eChargeTodayText eChargeTotalText eDischargeTodayText eDischargeTotalText
        errorText iChargeText iDischargeText iacToGridText iacToUserText ipvText pChargeText pDischargeText
        pacToGridText pacToUserText ppvText serialNum spf5000StatusText statusText time vBatText vBuckText
        vacText vpvText warnText
    """,
    maps="chargeDayMap chargeMap dischargeMap dischargeMapMap",
)
"""V4 queryLastData, storage."""

V4_MAX_INFO = bean(
    numbers="""
        activeRate backflowDefaultPower eToday eTotal energyDay energyMonth exportLimitPowerRate facHigh facLow
        frequencyHighLimit frequencyLowLimit pf pflinep1Lp pflinep1Pf pflinep2Lp pflinep2Pf pflinep3Lp
        pflinep3Pf pflinep4Lp pflinep4Pf power reactiveRate timezone vacHigh vacLow voltageHighLimit
        voltageLowLimit
    """,
    counts="""
        addr deviceType dtc exportLimit groupId id lastUpdateTime lcdLanguage level model normalPower pfModel
        plantId status strNum
    """,
    flags="bigDevice lost onOff pvPfCmdMemoryState updating",
    nothing="""
        children location maxSetBean plantname powerMax powerMaxText powerMaxTime record sysTime userName
    """,
    texts="""
        alias communicationVersion dataLogSn energyMonthText fwVersion imgPath innerVersion lastUpdateTimeText
        modelText parentID portName serialNum statusText tcpServerIp treeID treeName
    """,
    maps="energyDayMap",
)
"""V4 queryDeviceInfo, max."""

V4_MAX_LAST = bean(
    numbers="""
        apfStatus compharir compharis compharit compqr compqs compqt ctharir ctharis ctharit ctir ctis ctit ctqr
        ctqs ctqt currentString1 currentString2 currentString3 currentString4 currentString5 currentString6
        currentString7 currentString8 currentString9 currentString10 currentString11 currentString12
        currentString13 currentString14 currentString15 currentString16 currentString17 currentString18
        currentString19 currentString21 currentString22 currentString23 currentString24 currentString25
        currentString26 currentString27 currentString28 currentString29 currentString30 currentString31
        currentString32 eacToday eRacToday eRacTotal eacTotal epv1Today epv1Total epv2Today epv2Total epv3Today
        epv3Total epv4Today epv4Total epv5Today epv5Total epv6Today epv6Total epv7Today epv7Total epv8Today
        epv8Total epv9Today epv9Total epv10Today epv10Total epv11Today epv11Total epv12Today epv12Total
        epv13Today epv13Total epv14Today epv14Total epv15Today epv15Total epv16Today epv16Total epvTotal fac
        gfci iPidPvape iPidPvbpe iPidPvcpe iPidPvdpe iPidPvepe iPidPvfpe iPidPvgpe iPidPvhpe iPidPvpe9
        iPidPvpe10 iPidPvpe11 iPidPvpe12 iPidPvpe13 iPidPvpe14 iPidPvpe15 iPidPvpe16 iacr iacs iact
        ipmTemperature ipv1 ipv2 ipv3 ipv4 ipv5 ipv6 ipv7 ipv8 ipv9 ipv10 ipv11 ipv12 ipv13 ipv14 ipv15 ipv16
        nBusVoltage opFullwatt pBusVoltage pac pacr pacs pact pf pidBus powerToday powerTotal ppv ppv1 ppv2 ppv3
        ppv4 ppv5 ppv6 ppv7 ppv8 ppv9 ppv10 ppv11 ppv12 ppv13 ppv14 ppv15 ppv16 pvIso rDci rac reactPower
        reactPowerMax reactPowerTotal realOPPercent sDci tDci temperature temperature2 temperature3 temperature4
        temperature5 timeTotal vPidPvape vPidPvbpe vPidPvcpe vPidPvdpe vPidPvepe vPidPvfpe vPidPvgpe vPidPvhpe
        vPidPvpe9 vPidPvpe10 vPidPvpe11 vPidPvpe12 vPidPvpe13 vPidPvpe14 vPidPvpe15 vPidPvpe16 vString1 vString2
        vString3 vString4 vString5 vString6 vString7 vString8 vString9 vString10 vString11 vString12 vString13
        vString14 vString15 vString16 vString17 vString18 vString19 vString20 vString21 vString22 vString23
        vString24 vString25 vString26 vString27 vString28 vString29 vString30 vString31 vString32 vacRs vacSt
        vacTr vacr vacs vact vpv1 vpv2 vpv3 vpv4 vpv5 vpv6 vpv7 vpv8 vpv9 vpv10 vpv11 vpv12 vpv13 vpv14 vpv15
        vpv16
    """,
    counts="""
        address afciPv1 afciPv2 afciStatus calendar deratingMode dwStringWarningValue1 faultCode1 faultCode2
        faultType faultValue id pidFaultCode pidStatus status strBreak strFault strUnblance strUnmatch
        wPIDFaultValue wStringStatusValue warnBit warnCode warningValue1 warningValue2 warningValue3
    """,
    flags="again lost withTime",
    nothing="alias apfStatusText day maxBean",
    texts="dataLogSn debug1 debug2 debug3 pidStatusText serialNum statusText time timeCalendar",
)
"""V4 queryLastData, max."""

V4_INVERTER_INFO = bean(
    numbers="eToday eTotal energyDay energyMonth ipmTemperature power temperature",
    counts="address deviceType groupID id lastUpdateTime level model nominalPower plantId status userID",
    flags="bigDevice lost updateExist updating",
    nothing="""
        children communicationVersion createDate invSetBean optimezerList plantname powerMax powerMaxText
        powerMaxTime record rfStick userName
    """,
    texts="""
        alias dataLogSn energyMonthText fwVersion imgPath innerVersion inverterInfoStatusCss lastUpdateTimeText
        loadText location modelText parentID serialNum statusText tcpServerIp treeID treeName
    """,
    maps="energyDayMap",
)
"""V4 queryDeviceInfo, inv."""

V4_INVERTER_LAST = bean(
    numbers="""
        currentString1 currentString2 currentString3 currentString4 currentString5 currentString6 currentString7
        currentString8 eRacToday eRacTotal epv1Today epv1Total epv2Today epv2Total epvTotal fac iPidPvape
        iPidPvbpe iacr iacs iact ipmTemperature ipv1 ipv2 ipv3 nBusVoltage opFullwatt pBusVoltage pac pacr pacs
        pact pf powerToday powerTotal ppv ppv1 ppv2 ppv3 rac realOPPercent strFault temperature timeTotal
        vPidPvape vPidPvbpe vString1 vString2 vString3 vString4 vString5 vString6 vString7 vString8 vacr vacs
        vact vpv1 vpv2 vpv3
    """,
    counts="""
        dwStringWarningValue1 faultType id pidStatus status wPIDFaultValue wStringStatusValue warnCode
        warningValue1 warningValue2
    """,
    flags="again bigDevice",
    texts="inverterId statusText time timeCalendar timeTotalText",
)
"""V4 queryLastData, inv."""

V4_WIT_INFO = bean(
    numbers="""
        acStopChargingSoc activeRate antiBackflowFailurePowerPercent antiBackflowFailureTime bBakSoc bBakBat2Soc
        bBakBat3Soc chargeSocLimit dischargeSocLimit energyDay energyMonth facHigh facHigh2 facHigh3 facLow
        facLow2 facLow3 freqHighLimit freqLowLimit heatUpTime loadRedRate maxSpontaneousSelfuse
        oilChargePowerLimit oilRatedPower pfLevel1 pfLevel2 pfLevel3 pfLevel4 pfLevel5 pfLevel6 pfLevel7
        pfLevel8 pfModel pflinep1Lp pflinep1Pf pflinep2Lp pflinep2Pf pflinep3Lp pflinep3Pf pflinep4Lp pflinep4Pf
        pmaxLevel1 pmaxLevel2 pmaxLevel3 pmaxLevel4 pmaxLevel5 pmaxLevel6 pmaxLevel7 pmaxLevel8 powerFactor
        reactiveRate reactiveValue rrcrEnable safetyCorrespondNum time1Power time2Power time3Power time4Power
        time5Power time6Power timezone uw1thBatChgLimit uw1thBatDisChgLimit uw2thBatCap uw2thBatChgLimit
        uw2thBatDisChgLimit uw2thBatEndOfVol uw2thBatMaxChgCurr uw2thBatMaxChgVol uw2thBatMaxDisChgCurr
        uw3thBatCap uw3thBatChgLimit uw3thBatDisChgLimit uw3thBatEndOfVol uw3thBatMaxChgCurr uw3thBatMaxChgVol
        uw3thBatMaxDisChgCurr uwACChargePowerRate uwACoupleEndSOC uwACoupleStartSOC uwBatCap uwBatChargeStopSoc
        uwBatChargeStopSoc2 uwBatChargeStopSoc3 uwBatCnnWay uwBatDisChargeStopSoc uwBatDisChargeStopSoc2
        uwBatDisChargeStopSoc3 uwBatMaxChargeCurrent uwBatMaxDisChargeCurrent uwBattEODVol uwBattMaxChargeVol
        uwDemandMangeChgPowerLimit uwDemandMangeDisChgPowerLimit uwDgStartSoc uwDgStopSoc uwGenPower
        uwOffGridFreq uwOffGridSoc1 uwOffGridSoc2 uwOffGridSoc3 uwOffGridVol vacHigh vacHigh2 vacHigh3 vacLow
        vacLow2 vacLow3 vnormal voltageHighLimit voltageLowLimit vpvStart wAntiBackflowMeterPowerLimit
        wPowerRestartSlopeEE wPowerStartSlope
    """,
    counts="""
        addr batConnectionType batConnectionType2 batConnectionType3 batSleepWakeUp1 batSleepWakeUp2
        batSleepWakeUp3 comAddress countrySelected deviceType drmsMode dtc freqChangeEnable gridReconnectionTime
        groupId id lastUpdateTime lcdLanguage level modbusVersion model module1 module2 module3 module4 plantId
        pmax puEnable pvNum reactiveOutputPriority restartTime safetyVersion saftyFunc singleExport status
        strNum svgFunction sysOpticalStorageMode time1Mode time2Mode time3Mode time4Mode time5Mode time6Mode
        timeStart uwACoupleEnable uwAntiBackflow uwBattType1 uwBattType2 uwBattType3 uwConnectPhaseMode
        uwDisConnectPhaseMode uwGenPortDevType uwLoadPvInverter uwOnOffChangeManualMode uwOnOffChangeMode
        uwOnOffGridSet uwPcsType wselectBaudrate
    """,
    flags="""
        antiBackflowFlag bms1Enable bms2Enable bms3Enable drmsEnable forcedStopSwitch1 forcedStopSwitch2
        forcedStopSwitch3 forcedStopSwitch4 forcedStopSwitch5 forcedStopSwitch6 gridMeterEnable hlVoltageEnable
        lineNdisconnectEnable lost oilEnable onOff parallelEnable paramProtectEnable powerImbalanceControlEnable
        powerUDForcedEnable pvPfCmdMemoryState updating uwACChargeEnable uwBatEnable1 uwBatEnable2 uwBatEnable3
        uwDemandMangeEnable uwOffGridEnable vBakSocEnable wideVoltageEnable
    """,
    nothing="""
        atsVersion batSerialNum1 batSerialNum2 batSerialNum3 batSerialNum4 batSerialNum5 children comName
        location plantName powerMax powerMaxText powerMaxTime record userName
    """,
    texts="""
        alias comVersion dataLogSn energyMonthText forcedTimeStart1 forcedTimeStart2 forcedTimeStart3
        forcedTimeStart4 forcedTimeStart5 forcedTimeStart6 forcedTimeStop1 forcedTimeStop2 forcedTimeStop3
        forcedTimeStop4 forcedTimeStop5 forcedTimeStop6 fwVersion imgPath lastUpdateTimeText modelText parentID
        portName serialNum statusText sysTime sysTimeText tcpServerIp treeID treeName version
    """,
    maps="energyDayMap",
)
"""V4 queryDeviceInfo, wit."""

V4_WIT_LAST = bean(
    numbers="""
        acChargeEnergyToday acChargeEnergyTotal bBatBusTarget bSoc bSoh bSysAvgSoc bSysMaxSoc bSysMaxSocPackNum
        bSysMinSoc bSysMinSocPackNum batCurrFirst batCurrSec batPower batPower2 batPower3 batType batVoltFirst
        batVoltSec bmsBatVol2 bmsBatVol3 bmsBatteryVolt bmsMaxTemp2 bmsMaxTemp3 bmsMinTemp2 bmsMinTemp3
        bmsSellMaxVol2 bmsSellMaxVol3 bmsSellMinVol2 bmsSellMinVol3 busCapUsing cbat cbat2 cbat3 currentString1
        currentString2 currentString3 currentString4 currentString5 currentString6 currentString7 currentString8
        currentString9 currentString10 currentString11 currentString12 currentString13 currentString14
        currentString15 currentString16 currentString17 currentString18 currentString19 currentString20
        delayTime eacToday eacTotal echarge1Today echarge1Total echarge2Today echarge2Total echarge3Today
        echarge3Total edischarge2Today edischarge2Total edischarge3Today edischarge3Total eexToday eexTotal
        elocalLoadToday elocalLoadTotal epv1Today epv1Total epv2Today epv2Total epv3Today epv3Total epv4Today
        epv4Total epv5Today epv5Total epv6Today epv6Total epv7Today epv7Total epv8Today epv8Total epv9Today
        epv9Total epv10Today epv10Total epvToday epvTotal eselftoday eselftotal esystemtoday esystemtotal
        etoGridToday etoUserToday etoUserTotal fac fanFaultBit genPort1Volt genPort2Volt genPort3Volt genPower
        gfci hcpcLowVoltNum hcpcMaxVoltNum hcpcSingleLowTempNum hcpcSingleLowVoltNum hcpcSingleMaxTempNum
        hcpcSingleMaxVoltNum hcpcTempNum hcpcTempNum1 iac1 iac2 iac3 iacLoad iacsLoad iactLoad invRVoltFirst
        invRVoltSec invSVoltFirst invSVoltSec invTVoltFirst invTVoltSec ipv1 ipv2 ipv3 ipv4 ipv5 ipv6 ipv7 ipv8
        ipv9 ipv10 opFullwatt pac pac1 pac2 pac3 pacToGridTotal pacToUserTotal pex pf pidBus plocalLoadTotal
        pmDerate ppv ppv1 ppv2 ppv3 ppv4 ppv5 ppv6 ppv7 ppv8 ppv9 ppv10 priorityChoose pself psystem pvIso rDci
        reactPower reactPowerMax reactPowerTotal reactivePowerRealValueFirst reactivePowerRealValueSec
        realOPPercent realPower reverseCurr1 reverseCurr2 reverseCurr3 runTime sDci sac soc soc2 soc3 soh soh2
        soh3 sysOnPackCnt tDci temp1 temp2 temp3 timeTotal uAcPower uBatChgP uBatDsgP udAccChgSoe udAccDisSoe
        udCalibApparentPowerFirst udCalibApparentPowerSec udOpRSTWattFirst udOpRSTWattSec udOpRWattFirst
        udOpRWattSec udOpSWattFirst udOpSWattSec udOpTWattFirst udOpTWattSec uwAmbientFirst uwAmbientSec
        uwCellMaxVChg uwCellMinVDis uwCellTavgValue uwCellTmaxValue uwCellTminValue uwCellUavgValue
        uwCellUmaxValue uwCellUminValue uwChargeMaxVol uwFreqFirst uwFreqSec uwFullChargeCapacity uwInvFirst
        uwInvSec uwModMaxBlaTempValue uwModMaxVolValue uwModMinBlaTempValue uwModeAvgVolValue uwModeMinVolValue
        uwModeRatedCap uwModeRatedVol uwNBusVoltFirst uwNBusVoltSec uwOpLineRSFirst uwOpLineRSSec
        uwOpLineSTFirst uwOpLineSTSec uwOpLineTRFirst uwOpLineTRSec uwOpPhaseRCurrFirst uwOpPhaseRCurrSec
        uwOpPhaseRVoltFirst uwOpPhaseRVoltSec uwOpPhaseSCurrFirst uwOpPhaseSCurrSec uwOpPhaseSVoltFirst
        uwOpPhaseSVoltSec uwOpPhaseTCurrFirst uwOpPhaseTCurrSec uwOpPhaseTVoltFirst uwOpPhaseTVoltSec
        uwOutputFirst uwOutputSec uwPBusVoltFirst uwPBusVoltSec uwRDCICurrFirst uwRDCICurrSec
        uwRatedBatteryCapacity uwRatedBatteryPowerEnergy uwSDCICurrFirst uwSDCICurrSec uwSysLoadVolValue
        uwSysMaxAllowIchg uwSysMaxAllowIdis uwSysMaxVtotalchg uwSysMinVtotaldis uwSysTotaVolValue
        uwSysTotalIValue uwTDCICurrFirst uwTDCICurrSec uwUpackRated vBatDsp vBusN vBusP vString1 vString2
        vString3 vString4 vString5 vString6 vString7 vString8 vString9 vString10 vString11 vString12 vString13
        vString14 vString15 vString16 vString17 vString18 vString19 vString20 vac vac1 vac2 vac3 vacRs vacRs1
        vacSt vacSt1 vacTr vacTr1 vacs vact vbat vbat2 vbat3 vpv1 vpv2 vpv3 vpv4 vpv5 vpv6 vpv7 vpv8 vpv9 vpv10
    """,
    counts="""
        bAfciStatus bAlarmSubCode bBmsSta bClusterCnt bFaultSubCode bFlagChgDis bPacksCnt bSigModeCellCnt
        bSigPackModeCnt bStatusFirst bStatusSec batteryType calendar deratingMode errorCode faultBitCode
        faultCode faultValue offgridStatus onOffGridState onOffGridStateFirst onOffGridStateSec pidFaultCode
        pidStatus status strBreak strBreak2 strUnblance strUnblance2 strUnmatch strUnmatch2 strWaringvalue1
        strWaringvalue2 stringPrompt uwAlarmCode uwFaultCode uwGenPortDevType uwInvWarnValue uwLoadPerFirst
        uwLoadPerSec uwMainCodeFirst uwMainCodeSec uwMainWarnFirst uwMainWarnSec uwSubCodeFirst uwSubCodeSec
        uwSubWarnFirst uwSubWarnSec vppWorkStatus warnCode warnCode1 warningValue1 warningValue2 warningValue3
    """,
    flags="""
        again flashEraseAgingOkFlag udfaultBitHigh udfaultBitLow usbagingTestOkFlag uwBatEnable1 uwBatEnable2
        uwBatEnable3 withTime
    """,
    nothing="dayMap edischarge1Today edischarge1Total etoGridTotal witBean",
    texts="dataLogSn errorText serialNum statusText time warnText",
)
"""V4 queryLastData, wit."""

V4_NOAH_INFO = bean(
    numbers="""
        chargingSocHighLimit chargingSocLowLimit componentPower defaultPower gridToDevicePower smartSocketPower
        time1Power time2Power time3Power time4Power time5Power time6Power time7Power time8Power time9Power
    """,
    counts="""
        acCouplePowerControl addr allowGridCharging ammeterUnbind antiBackflowEnable antiBackflowPowerPercentage
        associatedInvManAndModel defaultACCouplePower defaultMode deviceToGridPower eastronAmmeterControlPair
        ebmOrderNum gridConnectionControl lastUpdateTime status tempType time1Mode time2Mode time3Mode time4Mode
        time5Mode time6Mode time7Mode time8Mode time9Mode timezone
    """,
    flags="""
        lost shellyFlag time1Enable time2Enable time3Enable time4Enable time5Enable time6Enable time7Enable
        time8Enable time9Enable
    """,
    nothing="alias associatedInvSn datalogSn location manName model modelName",
    texts="""
        bmsVersion deviceSn fwVersion lastUpdateTimeText mpptVersion otaDeviceTypeCodeHigh otaDeviceTypeCodeLow
        pdVersion portName sysTime time1End time1Start time2End time2Start time3End time3Start time4End
        time4Start time5End time5Start time6End time6Start time7End time7Start time8End time8Start time9End
        time9Start
    """,
)
"""V4 queryDeviceInfo, noah."""

V4_NOAH_LAST = bean(
    numbers="""
        battery1Temp battery1TempF battery2Temp battery2TempF battery3Temp battery3TempF battery4Temp
        battery4TempF ctSelfPower eacMonth eacToday eacTotal eacYear householdLoadApartFromGroplug
        maxCellVoltage minCellVoltage offGridCurrent offGridPower offGridVoltage onGridCurrent onGridPower
        onGridVoltage pac ppv pv1Current pv1Temp pv1Voltage pv2Current pv2Temp pv2Voltage pv3Current pv3Temp
        pv3Voltage pv4Current pv4Temp pv4Voltage systemTemp totalHouseholdLoad
    """,
    counts="""
        acCoupleProtectStatus acCoupleWarnStatus battery1ProtectStatus battery1Soc battery1WarnStatus
        battery2ProtectStatus battery2Soc battery2WarnStatus battery3ProtectStatus battery3Soc
        battery3WarnStatus battery4ProtectStatus battery4Soc battery4WarnStatus batteryCycles
        batteryPackageQuantity batterySoh chargeSocLimit ctFlag dischargeSocLimit faultStatus heatingStatus
        isAgain mpptProtectStatus onOffGrid pdWarnStatus settableTimePeriod status time
        totalBatteryPackChargingPower totalBatteryPackChargingStatus totalBatteryPackSoc workMode
    """,
    nothing="battery3SerialNum battery4SerialNum",
    texts="battery1SerialNum battery2SerialNum datalogSn deviceSn timeStr",
)
"""V4 queryLastData, noah."""

V4_SPHS_INFO = bean(
    numbers="""
        activeRate eToday eTotal energyDay energyMonth exportLimitPowerRate freqHighLimit freqLowLimit pCharge
        pDischarge power powerMax reactiveRate reactiveValue timezone uwGridWattDelay uwNominalGridVolt
        uwReconnectStartSlope vnormal voltageHighLimit voltageLowLimit
    """,
    counts="""
        addr comAddress countrySelected deviceType dtc exportLimit failsafe groupId lastUpdateTime lcdLanguage
        level modbusVersion model plantId pmax reactiveOutputPriority status wselectBaudrate
    """,
    flags="lost pvPfCmdMemoryState updating",
    nothing="energyDayMap record sphSetBean",
    texts="""
        alias communicationVersion dataLogSn energyMonthText fwVersion imgPath lastUpdateTimeText location
        manufacturer modelText parentID plantName portName powerMaxText powerMaxTime serialNum statusText
        sysTime sysTimeText tcpServerIp treeID treeName userName version
    """,
    lists="children",
)
"""V4 queryDeviceInfo, sph-s."""

V4_SPHS_LAST = bean(
    numbers="""
        batPower bmsBatteryCurr bmsBatteryTemp bmsBatteryVolt bmsConstantVolt bmsUsingCap dcTemp eToGridHour
        eToGridMonth eToGridYear eToUserHour eToUserMonth eToUserYear echarge1Today echarge1Total
        edischarge1Today edischarge1Total elocalLoadHour elocalLoadMonth elocalLoadToday elocalLoadTotal
        elocalLoadYear eacToday eacTotal epsIac1 epsIac2 epsVac2 epv1Today epv1Total epv2Today epv2Total
        epv3Today epv3Total epvHour epvMonth epvToday epvTotal epvYear eselfHour eselfMonth eselfYear eselftoday
        eselftotal esystemHour esystemMonth esystemYear esystemtoday esystemtotal etoGridToday etoGridTotal
        etoUserToday etoUserTotal fac genCurr genEnergy genEnergyToday genFreq genPower genVol iac1 iac2 ibat
        invTemp ipv1 ipv2 ipv3 loadPower1 loadPower2 pac pac1 pac2 pacToGridR pacToGridS pacToGridTotal
        pacToUserR pacToUserTotal pcharge1 pdischarge1 pex pf plocalLoadR plocalLoadS plocalLoadTotal ppv ppv1
        ppv2 ppv3 priorityChoose pself psystem rLoadVol rLocalEnergy sLoadVol sLocalEnergy soc timeTotal upsFac
        upsPac1 upsPac2 upsVac1 vac1 vac2 vbat vbat1 vpv1 vpv2 vpv3
    """,
    counts="""
        bmsSOC bmsSOH calendar chipType deviceType faultBitCode faultCode gridStatus spStatus status
        sysFaultWord sysFaultWord1 sysFaultWord2 sysFaultWord3 sysFaultWord4 sysFaultWord5 sysFaultWord6
        sysFaultWord7 sysStatus systemFault systemWarn uwSysWorkMode warnCode warnCode1
    """,
    flags="again lost withTime",
    nothing="dayMap hmiVersion m1Version m2Version sphBean",
    texts="dataLogSn errorText ppvText serialNum socText statusText time warnText",
)
"""V4 queryLastData, sph-s."""

PLANT_DETAILS = bean(
    nothing="""
        address1 address2 description designercontact designerorganization elevation financiercontact
        financierorganization fixed_azimuth fixed_tilt grid_type installed_ac_capacity installed_dc_capacity
        installed_panel_area installercontact installerorganization irradiationsensor_type jurisdictioncontact
        jurisdictionorganization notes offtakercontact offtakerorganization operatorcontact operatororganization
        plant_type postal state status tracker_type weather_type weathersensor_man weathersensor_md weathersensor_num
    """
)
"""V1 plant/details: what nobody fills in."""
