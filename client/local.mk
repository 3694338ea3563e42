# SPDX-License-Identifier: ISC
#
# The client, likewise a library and a main().

noinst_LIBRARIES += client/libwaitctl.a
client_libwaitctl_a_SOURCES = \
	client/arguments.c \
	client/arguments.h \
	client/asked.c \
	client/asked.h \
	client/batch_text.c \
	client/batch_text.h \
	client/batches.c \
	client/batches.h \
	client/bytes.c \
	client/bytes.h \
	client/chain.c \
	client/chain.h \
	client/cmd.h \
	client/cmd_compare.c \
	client/cmd_help.c \
	client/cmd_ping.c \
	client/cmd_report.c \
	client/cmd_run.c \
	client/cmd_stats.c \
	client/cmd_submit.c \
	client/cmd_top.c \
	client/command.c \
	client/command.h \
	client/conversation.c \
	client/conversation.h \
	client/dial.c \
	client/dial.h \
	client/digest.c \
	client/digest.h \
	client/example.c \
	client/example.h \
	client/excerpt.c \
	client/excerpt.h \
	client/fanout.c \
	client/fanout.h \
	client/flight.c \
	client/flight.h \
	client/forecast.c \
	client/forecast.h \
	client/graph.c \
	client/graph.h \
	client/interrupt.c \
	client/interrupt.h \
	client/lanes.c \
	client/lanes.h \
	client/lines.c \
	client/lines.h \
	client/local.c \
	client/local.h \
	client/locate.c \
	client/locate.h \
	client/meter.c \
	client/meter.h \
	client/moment.c \
	client/moment.h \
	client/outlook.c \
	client/outlook.h \
	client/output.c \
	client/output.h \
	client/overrides.c \
	client/overrides.h \
	client/progress.c \
	client/progress.h \
	client/refusal.c \
	client/refusal.h \
	client/replay.c \
	client/replay.h \
	client/rewrite.c \
	client/rewrite.h \
	client/roster.c \
	client/roster.h \
	client/say.c \
	client/say.h \
	client/session.c \
	client/session.h \
	client/session_conclude.c \
	client/session_internal.h \
	client/show.c \
	client/show.h \
	client/show_comparison.c \
	client/show_human.c \
	client/show_joblog.c \
	client/show_json.c \
	client/show_summary.c \
	client/show_timeline.c \
	client/show_trace.c \
	client/source.c \
	client/source.h \
	client/status.h \
	client/tally.c \
	client/tally.h \
	client/terminal.c \
	client/terminal.h \
	client/terminal_frame.c \
	client/terminal_frame.h \
	client/terminal_info.c \
	client/terminal_text.c \
	client/terminal_text.h \
	client/text.c \
	client/text.h \
	client/timeline.c \
	client/timeline.h \
	client/timeline_area.c \
	client/timeline_axis.c \
	client/timeline_axis.h \
	client/timeline_bins.c \
	client/timeline_draw.c \
	client/timeline_draw.h \
	client/timeline_internal.h \
	client/timeline_layout.c \
	client/timeline_layout.h \
	client/timeline_picture.c \
	client/timeline_picture.h \
	client/trace_batch.c \
	client/trace_internal.h \
	client/trace_job.c \
	client/trace_writer.c \
	client/trace_writer.h

# The examples are the samples.
nodist_client_libwaitctl_a_SOURCES = client/example_table.c
CLEANFILES += client/example_table.c
EXTRA_DIST += client/example_table.awk

client/example_table.c: client/example_table.awk tests/samples/README.md \
		$(top_srcdir)/tests/samples/*.json
	@$(MKDIR_P) client
	$(AM_V_GEN)$(AWK) -v folder='$(top_srcdir)/tests/samples' \
	  -f '$(top_srcdir)/client/example_table.awk' '$(top_srcdir)/tests/samples/README.md' >$@.tmp && \
	  mv $@.tmp $@

bin_PROGRAMS += client/waitctl
client_waitctl_SOURCES = client/main.c
client_waitctl_LDADD = \
	client/libwaitctl.a proto/libwaitd-proto.a daemon/engine/libwaitd-engine.a \
	$(UTF8PROC_LIBS) $(TINFO_LIBS)

dist_man_MANS += \
	client/waitctl.1

# A shell looks for a program's completions in a file of its name.
completions = client/completions/waitctl.bash client/completions/_waitctl \
	client/completions/waitctl.fish client/completions/waitd.fish
EXTRA_DIST += $(completions)

install-data-hook: install-completions
install-completions:
	test -z '$(bashcompletiondir)' || { \
	  $(MKDIR_P) '$(DESTDIR)$(bashcompletiondir)' && \
	  for name in waitctl waitd; do \
	    $(INSTALL_DATA) '$(srcdir)/client/completions/waitctl.bash' \
	      "$(DESTDIR)$(bashcompletiondir)/$$name" || exit 1; \
	  done; }
	test -z '$(zshcompletiondir)' || { \
	  $(MKDIR_P) '$(DESTDIR)$(zshcompletiondir)' && \
	  $(INSTALL_DATA) '$(srcdir)/client/completions/_waitctl' '$(DESTDIR)$(zshcompletiondir)'; }
	test -z '$(fishcompletiondir)' || { \
	  $(MKDIR_P) '$(DESTDIR)$(fishcompletiondir)' && \
	  for name in waitctl waitd; do \
	    $(INSTALL_DATA) "$(srcdir)/client/completions/$$name.fish" \
	      '$(DESTDIR)$(fishcompletiondir)' || exit 1; \
	  done; }

uninstall-hook: uninstall-completions
uninstall-completions:
	test -z '$(bashcompletiondir)' || \
	  rm -f '$(DESTDIR)$(bashcompletiondir)/waitctl' '$(DESTDIR)$(bashcompletiondir)/waitd'
	test -z '$(zshcompletiondir)' || rm -f '$(DESTDIR)$(zshcompletiondir)/_waitctl'
	test -z '$(fishcompletiondir)' || \
	  rm -f '$(DESTDIR)$(fishcompletiondir)/waitctl.fish' '$(DESTDIR)$(fishcompletiondir)/waitd.fish'

.PHONY: install-completions uninstall-completions
