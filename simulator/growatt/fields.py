"""Which fields the vendor's answers have, by the type they come with: a table.

The names are those of the vendor's own beans, as public clients list them (growattServer, GrowattPublicApiPy,
Home Assistant's growatt_server). What a payload does not set itself stays as blank as here.
"""

from collections.abc import Mapping
from types import MappingProxyType


def blank(
    *, numbers: str = "", counts: str = "", flags: str = "", nothing: str = "", texts: str = ""
) -> Mapping[str, float | bool | str | None]:
    """Return the blank values of fields: 0.0, 0, false, null or ""."""
    return MappingProxyType(
        dict.fromkeys(numbers.split(), 0.0)
        | dict.fromkeys(counts.split(), 0)
        | dict.fromkeys(flags.split(), False)
        | dict.fromkeys(nothing.split())
        | dict.fromkeys(texts.split(), "")
    )


def sold_as(pairs: str) -> Mapping[str, str]:
    """Return settings from words of the form `name=value`."""
    return MappingProxyType(dict(pair.split("=", 1) for pair in pairs.split()))


TLX = blank(
    numbers="""
        bdc1ChargePower bdc1ChargeTotal bdc1DischargePower bdc1DischargeTotal bdc1Ibat bdc1Ibb bdc1Illc bdc1Soc
        bdc1Temp1 bdc1Temp2 bdc1Vbat bdc1Vbus1 bdc1Vbus2 bdc2ChargePower bdc2ChargeTotal bdc2DischargePower
        bdc2DischargeTotal bdc2Ibat bdc2Ibb bdc2Illc bdc2Soc bdc2Temp1 bdc2Temp2 bdc2Vbat bdc2Vbus1 bdc2Vbus2
        bdcVbus2Neg bmsCvVolt bmsIbat bmsIcycle bmsInfo bmsMaxCurr bmsPackInfo bmsSoc bmsSoh bmsTemp1Bat bmsUsingCap
        bmsVbat bmsVdelta bmsWarnCode dcVoltage dciR dciS dciT eacChargeToday eacChargeTotal eacToday eacTotal
        echargeToday echargeTotal edischargeToday edischargeTotal eex1Today eex1Total eex2Today eex2Total
        elocalLoadToday elocalLoadTotal epsFac epsIac1 epsIac2 epsIac3 epsPac epsPac1 epsPac2 epsPac3 epsPf epsVac1
        epsVac2 epsVac3 epv1Today epv1Total epv2Today epv2Total epv3Today epv3Total epv4Today epv4Total epvTotal
        eselfToday eselfTotal esystemToday esystemTotal etoGridToday etoGridTotal etoUserToday etoUserTotal fac gfci
        iac1 iac2 iac3 iacr invDelayTime ipv1 ipv2 ipv3 ipv4 iso loadPercent nBusVoltage opFullwatt pBusVoltage pac
        pac1 pac2 pac3 pacr pacToGridTotal pacToLocalLoad pacToUserTotal pex1 pex2 pf ppv ppv1 ppv2 ppv3 ppv4 pself
        psystem realOPPercent temp1 temp2 temp3 temp4 temp5 timeTotal vac1 vac2 vac3 vacr vacrs vacRs vacSt vacTr vpv1
        vpv2 vpv3 vpv4
    """,
    counts="""
        address batteryNo bdc1FaultType bdc1Mode bdc1Status bdc1WarnCode bdc2FaultType bdc2Mode bdc2Status
        bdc2WarnCode bdcBusRef bdcDerateReason bdcFaultSubCode bdcStatus bdcWarnSubCode bgridType bmsCommunicationType
        bmsError2 bmsError3 bmsError4 bmsFaultType bmsIosStatus bmsStatus bmsWarn2 bsystemWorkMode deratingMode
        dryContactStatus faultType operatingMode status sysFaultWord sysFaultWord1 sysFaultWord2 sysFaultWord3
        sysFaultWord4 sysFaultWord5 sysFaultWord6 sysFaultWord7 uwSysWorkMode warnCode
    """,
    flags="""
        again isAgain lost withTime
    """,
    nothing="""
        alias bMerterConnectFlag batSn batterySN dataLogSn day faultType1 mtncMode mtncRqst newWarnCode newWarnSubCode
        soc1 soc2 tMtncStrt tlxBean totalWorkingTime tWinEnd tWinStart warnCode1 winMode winOffGridSOC winOnGridSOC
        winRequest
    """,
    texts="""
        bmsFwVersion bmsMcuVersion debug1 debug2 errorText statusText time warnText
    """,
)
"""newTlxApi.do op=getTlxDetailData, key data."""

INVERTER = blank(
    numbers="""
        compharir compharis compharit compqr compqs compqt ctharir ctharis ctharit ctir ctis ctit ctqr ctqs ctqt
        currentString1 currentString2 currentString3 currentString4 currentString5 currentString6 currentString7
        currentString8 currentString9 currentString10 currentString11 currentString12 currentString13 currentString14
        currentString15 currentString16 epv1Today epv1Total epv2Today epv2Total epv3Today epv3Total epv4Today
        epv4Total epv5Today epv5Total epv6Today epv6Total epv7Today epv7Total epv8Today epv8Total epvTotal eRacToday
        eRacTotal fac iacr iacs iact iPidPvape iPidPvbpe iPidPvcpe iPidPvdpe iPidPvepe iPidPvfpe iPidPvgpe iPidPvhpe
        ipmTemperature ipv1 ipv2 ipv3 ipv4 ipv5 ipv6 ipv7 ipv8 nBusVoltage opFullwatt pac pacr pacs pact pBusVoltage
        pf pidBus powerToday powerTotal ppv ppv1 ppv2 ppv3 ppv4 ppv5 ppv6 ppv7 ppv8 pvIso rac rDci realOPPercent sDci
        strBreak strFault strUnblance strUnmatch tDci temperature temperature2 temperature3 temperature4 temperature5
        timeTotal vacr vacRs vacs vacSt vact vacTr vPidPvape vPidPvbpe vPidPvcpe vPidPvdpe vPidPvepe vPidPvfpe
        vPidPvgpe vPidPvhpe vpv1 vpv2 vpv3 vpv4 vpv5 vpv6 vpv7 vpv8 vString1 vString2 vString3 vString4 vString5
        vString6 vString7 vString8 vString9 vString10 vString11 vString12 vString13 vString14 vString15 vString16
    """,
    counts="""
        apfStatus deratingMode dwStringWarningValue1 faultCode1 faultCode2 faultType faultValue gfci id pidFaultCode
        pidStatus status warnBit warnCode warningValue1 warningValue2 warningValue3 wPIDFaultValue wStringStatusValue
    """,
    flags="""
        again bigDevice
    """,
    texts="""
        debug1 debug2 statusText time timeTotalText
    """,
)
"""newInverterAPI.do op=getInverterDetailData."""

MAX = blank(
    numbers="""
        apfStatus compharir compharis compharit compqr compqs compqt ctharir ctharis ctharit ctir ctis ctit ctqr ctqs
        ctqt currentString1 currentString2 currentString3 currentString4 currentString5 currentString6 currentString7
        currentString8 currentString9 currentString10 currentString11 currentString12 currentString13 currentString14
        currentString15 currentString16 eacToday eacTotal epv1Today epv1Total epv2Today epv2Total epv3Today epv3Total
        epv4Today epv4Total epv5Today epv5Total epv6Today epv6Total epv7Today epv7Total epv8Today epv8Total epvTotal
        eRacToday eRacTotal fac gfci iacr iacs iact iPidPvape iPidPvbpe iPidPvcpe iPidPvdpe iPidPvepe iPidPvfpe
        iPidPvgpe iPidPvhpe ipmTemperature ipv1 ipv2 ipv3 ipv4 ipv5 ipv6 ipv7 ipv8 nBusVoltage opFullwatt pac pacr
        pacs pact pBusVoltage pf pidBus powerToday powerTotal ppv ppv1 ppv2 ppv3 ppv4 pvIso rac rDci realOPPercent
        sDci temperature temperature2 temperature3 temperature4 temperature5 timeTotal vacr vacRs vacs vacSt vact
        vacTr vPidPvape vPidPvbpe vPidPvcpe vPidPvdpe vPidPvepe vPidPvfpe vPidPvgpe vPidPvhpe vpv1 vpv2 vpv3 vpv4 vpv5
        vpv6 vpv7 vpv8
    """,
    counts="""
        address deratingMode faultCode1 faultCode2 faultType faultValue id pidFaultCode status strUnblance strUnmatch
        warnBit warnCode warningValue1 warningValue2 warningValue3 wPIDFaultValue wStringStatusValue
    """,
    flags="""
        again lost withTime
    """,
    nothing="""
        alias apfStatusText dataLogSn day maxBean
    """,
    texts="""
        debug1 debug2 pidStatusText statusText time
    """,
)
"""newMaxApi.do op=getMaxDetailData, key data."""

STORAGE = blank(
    numbers="""
        bLightEn batTemp bmsCellVoltage1 bmsCellVoltage2 bmsCellVoltage3 bmsCellVoltage4 bmsCellVoltage5
        bmsCellVoltage6 bmsCellVoltage7 bmsCellVoltage8 bmsCellVoltage9 bmsCellVoltage10 bmsCellVoltage11
        bmsCellVoltage12 bmsCellVoltage13 bmsCellVoltage14 bmsCellVoltage15 bmsCellVoltage16 bmsConstantVolt
        bmsCurrent bmsCurrent2 bmsDeltaVolt bmsSoh bmsTemperature bmsTemperature2 capacity cellVoltage1 cellVoltage2
        cellVoltage3 cellVoltage4 cellVoltage5 cellVoltage6 cellVoltage7 cellVoltage8 cellVoltage9 cellVoltage10
        cellVoltage11 cellVoltage12 cellVoltage13 cellVoltage14 cellVoltage15 cellVoltage16 cell2Voltage1
        cell2Voltage2 cell2Voltage3 cell2Voltage4 cell2Voltage5 cell2Voltage6 cell2Voltage7 cell2Voltage8
        cell2Voltage9 cell2Voltage10 cell2Voltage11 cell2Voltage12 cell2Voltage13 cell2Voltage14 cell2Voltage15
        cell2Voltage16 chargeMonth constantVolt constantVolt2 deltaVolt deltaVolt2 disChargeMonth eBatDisChargeToday
        eBatDisChargeTotal eChargeToday eChargeToday2 eChargeTotal eChargeTotal2 eDischargeToday eDischargeToday2
        eDischargeTotal eDischargeTotal2 eToGridToday eToGridTotal eToUserToday eToUserTotal etoday etotal
        eacChargeToday eacChargeTotal eacDisChargeToday eacDisChargeTotal eopDischrToday eopDischrTotal epvToday
        epvToday2 epvTotal epvTotal2 freqGrid freqOutPut gaugeICCurrent gaugeRM1 gaugeRM2 gauge2RM1 gauge2RM2
        iAcCharge iCharge iChargePV1 iChargePV2 iDischarge iacToGrid iacToUser ipmTemperature ipv loadPercent
        manualStartEn maxChargeOrDischargeCurrent maxChargeOrDischargeCurrent2 outPutCurrent outPutPower outPutVolt
        pAcCharge pAcInPut pBat pCharge pCharge2 pDischarge pDischarge2 pacToGrid pacToUser powSavingEn ppv ppv2
        rateVA rateWatt remoteCntlEn sciLossChkEn soh soh2 sysOut temperature uwBatType2 vBat vBuck vBuck2 vBus vGrid
        vac vpv vpv2 chgCurr
    """,
    counts="""
        address bmsError bmsError2 bmsStatus bmsStatus2 bmsWarnInfo chargeToStandbyReason chargeWay cycleCount
        cycleCount2 deviceType dischargeToStandbyReason errorCode faultCode gaugeBattteryStatus gaugeOperationStatus
        gaugePackStatus normalPower remoteCntlFailReason status warnCode warnInfo warnInfo2 warnCode3 chgEnergy
        floatChargeVolt packNum eGenDischrPower bmsBatteryTemp hardwareVersion moduleId bmsCellVolt16 maxminSoc
        bmsCellVolt10 bmsCellVolt11 bmsCellVolt12 bmsCellVolt13 bmsCellVolt14 bmsCellVolt15 module2MinVolt
        loadPercent2 loadPercent1 loadPercent3
    """,
    flags="""
        again lost withTime
    """,
    nothing="""
        alias dataLogSn day dayMap storageBean
    """,
    texts="""
        capacityText chargeToStandbyReasonText dischargeToStandbyReasonText eChargeTodayText eChargeTotalText
        eDischargeTodayText eDischargeTotalText errorText iChargeText iDischargeText iacToGridText iacToUserText
        innerCWCode ipvText pChargeText pDischargeText pacToGridText ppvText serialNum statusText time vBatText
        vBuckText vacText vpvText warnText
    """,
)
"""newStorageAPI.do op=getStorageParams_sacolar, key storageDetailBean."""

STORAGE_BEAN = blank(
    numbers="""
        acInModel batLowToUtiVolt bulkChargeVolt floatChargeVolt manualStartEn maxChargeCurr outputConfig
        overLoadRestart overTempRestart pCharge pDischarge rateVA rateWatt utiChargeEnd utiChargeStart utiOutEnd
        utiOutStart
    """,
    counts="""
        addr bLightEn batteryType buzzerEN chargeConfig deviceType groupId level model outputFreqType outputVoltType
        plantId powSavingEn pvModel sciLossChkEn status uwBatType2
    """,
    flags="""
        lost statusLed1 statusLed2 statusLed3 statusLed4 statusLed5 statusLed6 updating
    """,
    nothing="""
        communicationVersion location plantname portName record sysTime userName
    """,
    texts="""
        alias dataLogSn fwVersion imgPath innerVersion modelText parentID serialNum statusText tcpServerIp treeID
        treeName
    """,
)
"""newStorageAPI.do op=getStorageParams_sacolar, key storageBean."""

TLX_BEAN = blank(
    numbers="""
        batSysEnergy batTempLowerLimitC batTempLowerLimitD batTempUpperLimitC batTempUpperLimitD eToday eTotal
        energyMonth mppt pCharge pDischarge power timezone vbatStartForDischarge vbatStopForCharge
        vbatStopForDischarge vbatWarnClr vbatWarning vnormal vppOpen
    """,
    counts="""
        addr bagingTestStep batParallelNum batSeriesNum batteryType bctAdjust bctMode bdcAuthversion bdcMode
        bmsCommunicationType comAddress countrySelected deviceType dtc groupId id level modbusVersion model plantId
        pmax priorityChoose pvNum restartTime safetyVersion startTime status strNum trakerModel wselectBaudrate
    """,
    flags="""
        lost updating
    """,
    nothing="""
        bcuVersion bdc1Sn bmsSoftwareVersion children liBatteryFwVersion liBatteryManufacturers location
        monitorVersion optimezerList plantname powerMax powerMaxText powerMaxTime record sysTime tlxSetbean userName
    """,
    texts="""
        alias bdc1Model bdc1Version communicationVersion dataLogSn energyMonthText fwVersion hwVersion imgPath
        innerVersion manufacturer modelText parentID portName serialNum statusText tcpServerIp treeID treeName
    """,
)
"""newTlxApi.do op=getTlxParams, key newBean."""

TLX_SETTINGS = sold_as("""
    acChargeEnable=0 ac_charge= activePowerEnable=0 activeRate=100 afciEnabled=-1 afciReset=-1
    afciSelfCheck=-1 afciThresholdD=-1 afciThresholdH=-1 afciThresholdL=-1 backFlowSingleCtrl=
    backflowDefaultPower=0 bdcMode=-1 bgridType=0 bsystemWorkMode=500 chargePowerCommand=100 charge_power=
    charge_stop_soc= compatibleFlag= delayTime=0 demandManageEnable= disChargePowerCommand=100
    discharge_power= discharge_stop_soc= dryContactFuncEn=0 dryContactOffRate=40 dryContactOnRate=40
    dryContactPower=50 enableNLine= epsFreqSet=0 epsFunEn=1 epsVoltSet=2 exportLimit=0
    exportLimitPowerRate=0 exportLimitPowerRateStr= exterCommOffGridEn=0 failSafeCurr= fftThresholdCount=-1
    floatChargeCurrentLimit=600 frequencyHighLimit=50.1 frequencyLowLimit=49.5 genChargeEnable= genCtrl=
    genRatedPower= lcdLanguage=1 limitDevice=-1 loadingRate=20 maintainModeRequest= maintainModeStartTime=
    maxAllowCurr= onGridDischargeStopSOC= onGridMode= onGridStatus= onOff=1 overFreDropPoint=50.03
    overFreLoRedDelayTime=0 overFreLoRedSlope=41 peakShavingEnable= pf=0.89 pfModel=0 pflinep1Lp=255
    pflinep1Pf=1 pflinep2Lp=255 pflinep2Pf=1 pflinep3Lp=255 pflinep3Pf=1 pflinep4Lp=255 pflinep4Pf=1
    powerDownEnable= prePto= protEnable= puEnable= pvPfCmdMemoryState=0 pv_grid_frequency_high=
    pv_grid_frequency_low= pv_grid_voltage_high= pv_grid_voltage_low= qPercentMax=44 qvH1=247.2 qvH2=256.8
    qvL1=232 qvL2=220.8 reactiveRate=0 region= restartLoadingRate=20 rrcrEnable= safetyCorrespondNum=
    safetyNum= season1MonthTime=0_0_0 season1Time1=0_0_0_0_0_0_0 season1Time2=0_0_0_0_0_0_0
    season1Time3=0_0_0_0_0_0_0 season1Time4=0_0_0_0_0_0_0 season1Time5=0_0_0_0_0_0_0
    season1Time6=0_0_0_0_0_0_0 season1Time7=0_0_0_0_0_0_0 season1Time8=0_0_0_0_0_0_0
    season1Time9=0_0_0_0_0_0_0 season2MonthTime=0_0_0 season2Time1=0_0_0_0_0_0_0 season2Time2=0_0_0_0_0_0_0
    season2Time3=0_0_0_0_0_0_0 season2Time4=0_0_0_0_0_0_0 season2Time5=0_0_0_0_0_0_0
    season2Time6=0_0_0_0_0_0_0 season2Time7=0_0_0_0_0_0_0 season2Time8=0_0_0_0_0_0_0
    season2Time9=0_0_0_0_0_0_0 season3MonthTime=0_0_0 season3Time1=0_0_0_0_0_0_0 season3Time2=0_0_0_0_0_0_0
    season3Time3=0_0_0_0_0_0_0 season3Time4=0_0_0_0_0_0_0 season3Time5=0_0_0_0_0_0_0
    season3Time6=0_0_0_0_0_0_0 season3Time7=0_0_0_0_0_0_0 season3Time8=0_0_0_0_0_0_0
    season3Time9=0_0_0_0_0_0_0 season4MonthTime=0_0_0 season4Time1=0_0_0_0_0_0_0 season4Time2=0_0_0_0_0_0_0
    season4Time3=0_0_0_0_0_0_0 season4Time4=0_0_0_0_0_0_0 season4Time5=0_0_0_0_0_0_0
    season4Time6=0_0_0_0_0_0_0 season4Time7=0_0_0_0_0_0_0 season4Time8=0_0_0_0_0_0_0
    season4Time9=0_0_0_0_0_0_0 showPeakShaving= special1MonthTime=0_0_0 special1Time1=0_0_0_0_0_0
    special1Time2=0_0_0_0_0_0 special1Time3=0_0_0_0_0_0 special1Time4=0_0_0_0_0_0 special1Time5=0_0_0_0_0_0
    special1Time6=0_0_0_0_0_0 special1Time7=0_0_0_0_0_0 special1Time8=0_0_0_0_0_0 special1Time9=0_0_0_0_0_0
    special2MonthTime=0_0_0 special2Time1=0_0_0_0_0_0 special2Time2=0_0_0_0_0_0 special2Time3=0_0_0_0_0_0
    special2Time4=0_0_0_0_0_0 special2Time5=0_0_0_0_0_0 special2Time6=0_0_0_0_0_0 special2Time7=0_0_0_0_0_0
    special2Time8=0_0_0_0_0_0 special2Time9=0_0_0_0_0_0 synEnable= ubAcChargingStopSOC=
    ubPeakShavingBackupSOC= usBatteryType= uwAcChargingMaxPowerLimit= uwDemandMgtDownStrmPowerLimit=
    uwDemandMgtRevsePowerLimit= uwHFRT2EE=52 uwHFRTEE=51.2 uwHVRT2EE=288 uwHVRTEE=264 uwLFRT2EE=46.5
    uwLFRTEE=48.5 uwLVRT2EE=120 uwLVRTEE=211.2 vbatStartForDischarge=0 vbatStartforCharge=5800
    vbatStopForCharge=0 vbatStopForDischarge=0 vbatWarnClr=0 vbatWarning=0 voltageHighLimit=252
    voltageLowLimit=220 wchargeSOCLowLimit=100 wdisChargeSOCLowLimit=10 winModeEndTime= winModeFlag=
    winModeOffGridDischargeStopSOC= winModeOnGridDischargeStopSOC= winModeStartTime= yearMonthTime=
    yearTime1=0_0_0_0_0_0_0 yearTime2=0_0_0_0_0_0_0 yearTime3=0_0_0_0_0_0_0 yearTime4=0_0_0_0_0_0_0
    yearTime5=0_0_0_0_0_0_0 yearTime6=0_0_0_0_0_0_0 yearTime7=0_0_0_0_0_0_0 yearTime8=0_0_0_0_0_0_0
    yearTime9=0_0_0_0_0_0_0 on_grid_discharge_stop_soc=10 ub_ac_charging_stop_soc=100 pvActivePRate=100
""")
"""newTlxApi.do op=getTlxSetData, key obj.tlxSetBean, as sold; periods and the clock are made elsewhere."""

MIX_SETTINGS = sold_as("""
    acChargeEnable=0 activeRate=100 bagingTestStep=0 batFirstSwitch1=0 batFirstSwitch2=0 batFirstSwitch3=0
    batParallelNum=0 batSeriesNum=0 batTempLowerLimitC=110 batTempLowerLimitD=110 batTempUpperLimitC=60
    batTempUpperLimitD=70 batteryType=1 bctAdjust=0 bctMode=0 buckUPSVoltSet=0 buckUpsFunEn=1 ccCurrent=0
    chargePowerCommand=100 comAddress=1 countrySelected=0 cvVoltage=0 disChargePowerCommand=100 epsFreqSet=1
    epsFunEn=1 epsVoltSet=1 exportLimit=0 exportLimitPowerRate=0 failsafe=0 floatChargeCurrentLimit=600
    gridFirstSwitch1=0 gridFirstSwitch2=0 gridFirstSwitch3=0 lcdLanguage=1 lvVoltage=0 modbusVersion=305
    onOff=0 pmax=0 priorityChoose=0 pvPfCmdMemoryState=1 pvPfCmdMemoryStateMix=1 reactiveRate=100
    underExcited=0 uspFreqSet=0 vbatStartForDischarge=48 vbatStartforCharge=58 vbatStopForCharge=5.75
    vbatStopForDischarge=4.7 vbatWarnClr=5 vbatWarning=480 vnormal=360 voltageHighLimit=263
    voltageLowLimit=186 wselectBaudrate=0 wchargeSOCLowLimit1=100 wchargeSOCLowLimit2=100
    wdisChargeSOCLowLimit1=10 wdisChargeSOCLowLimit2=10 loadFirstStopSocSet=10 pv_on_off=1
""")
"""newMixApi.do op=getMixSetParams, key obj.mixBean, as sold; periods and the clock are made elsewhere."""
