# Written by holdfast: holdfast schedule remove takes it away, holdfast schedule print shows it.
[Unit]
Description=holdfast scan (${name}), by the clock

[Timer]
<#if rhythm == "hourly">
OnCalendar=*-*-* *:${minute}:00
<#elseif rhythm == "daily">
OnCalendar=*-*-* ${hour}:${minute}:00
<#elseif rhythm == "weekly">
OnCalendar=${day} *-*-* ${hour}:${minute}:00
<#else>
OnCalendar=*-*-1 ${hour}:${minute}:00
</#if>
# Each controller has a delay of its own, and keeps it.
RandomizedDelaySec=${delaySeconds}
FixedRandomDelay=yes
AccuracySec=1min
# What was missed while the machine was off is made up for once.
Persistent=yes

[Install]
WantedBy=timers.target
