# Written by holdfast: holdfast schedule remove takes it away, holdfast schedule print shows it.
[Unit]
Description=holdfast scan (${name}), by the clock
Documentation=man:systemd.timer(5)

[Timer]
OnCalendar=${event}
# Each controller has a delay of its own, and keeps it.
RandomizedDelaySec=${delaySeconds}
FixedRandomDelay=yes
AccuracySec=1min
# What was missed while the machine was off is made up for once.
Persistent=yes

[Install]
WantedBy=timers.target
