# SPDX-License-Identifier: ISC
#
# The client, likewise a library and a main().

noinst_LIBRARIES += client/libwaitctl.a
client_libwaitctl_a_SOURCES = \
	client/base/array.h \
	client/base/bytes.c \
	client/base/bytes.h \
	client/base/lines.c \
	client/base/lines.h \
	client/base/locate.c \
	client/base/locate.h \
	client/base/moment.c \
	client/base/moment.h \
	client/base/say.c \
	client/base/say.h \
	client/base/status.h \
	client/base/text.c \
	client/base/text.h \
	client/cmd/arguments.c \
	client/cmd/arguments.h \
	client/cmd/arguments_help.c \
	client/cmd/arguments_internal.h \
	client/cmd/arguments_table.c \
	client/cmd/batch_file.c \
	client/cmd/batch_file.h \
	client/cmd/batch_text.c \
	client/cmd/batch_text.h \
	client/cmd/cmd.h \
	client/cmd/cmd_cancel.c \
	client/cmd/cmd_compare.c \
	client/cmd/cmd_forecast.c \
	client/cmd/cmd_forget.c \
	client/cmd/cmd_help.c \
	client/cmd/cmd_import.c \
	client/cmd/cmd_list.c \
	client/cmd/cmd_ping.c \
	client/cmd/cmd_report.c \
	client/cmd/cmd_run.c \
	client/cmd/cmd_stats.c \
	client/cmd/cmd_submit.c \
	client/cmd/cmd_token.c \
	client/cmd/cmd_top.c \
	client/cmd/cmd_watch.c \
	client/cmd/command.c \
	client/cmd/command.h \
	client/cmd/conversation.c \
	client/cmd/conversation.h \
	client/cmd/example.c \
	client/cmd/example.h \
	client/cmd/forecast_table.c \
	client/cmd/forecast_table.h \
	client/cmd/forecast_trials.c \
	client/cmd/forecast_trials.h \
	client/cmd/meter.c \
	client/cmd/meter.h \
	client/cmd/top_batches.c \
	client/cmd/top_batches.h \
	client/cmd/vary.c \
	client/cmd/vary.h \
	client/import/digraph.c \
	client/import/digraph.h \
	client/import/import.c \
	client/import/import.h \
	client/import/import_actions.c \
	client/import/import_internal.h \
	client/import/import_joblog.c \
	client/import/import_json.c \
	client/import/import_names.c \
	client/import/import_names.h \
	client/import/import_ninja.c \
	client/import/import_wfformat.c \
	client/import/ninja_graph.c \
	client/import/ninja_graph.h \
	client/import/ninja_log.c \
	client/import/ninja_log.h \
	client/import/pool.c \
	client/import/pool.h \
	client/import/recording.c \
	client/import/recording.h \
	client/import/recording_json.c \
	client/import/remarks.c \
	client/import/remarks.h \
	client/import/rows.c \
	client/import/rows.h \
	client/import/timestamp.c \
	client/import/timestamp.h \
	client/import/workflow.c \
	client/import/workflow.h \
	client/net/backoff.c \
	client/net/backoff.h \
	client/net/credential.c \
	client/net/credential.h \
	client/net/dial.c \
	client/net/dial.h \
	client/net/excerpt.c \
	client/net/excerpt.h \
	client/net/interrupt.c \
	client/net/interrupt.h \
	client/net/local.c \
	client/net/local.h \
	client/net/overrides.c \
	client/net/overrides.h \
	client/net/peer.c \
	client/net/peer.h \
	client/net/refusal.c \
	client/net/refusal.h \
	client/net/replay.c \
	client/net/replay.h \
	client/net/replay_stream.c \
	client/net/replay_stream.h \
	client/net/requests.c \
	client/net/requests.h \
	client/net/rewrite.c \
	client/net/rewrite.h \
	client/net/session.c \
	client/net/session.h \
	client/net/session_conclude.c \
	client/net/session_internal.h \
	client/net/session_leave.c \
	client/net/session_resume.c \
	client/net/simulator.c \
	client/net/simulator.h \
	client/net/source.c \
	client/net/source.h \
	client/net/tunnel.c \
	client/net/tunnel.h \
	client/net/watch.c \
	client/net/watch.h \
	client/show/batches.c \
	client/show/batches.h \
	client/show/eta.c \
	client/show/eta.h \
	client/show/failures.c \
	client/show/failures.h \
	client/show/fanout.c \
	client/show/fanout.h \
	client/show/output.c \
	client/show/output.h \
	client/show/pending.c \
	client/show/pending.h \
	client/show/progress.c \
	client/show/progress.h \
	client/show/remaining.c \
	client/show/remaining.h \
	client/show/show.c \
	client/show/show.h \
	client/show/show_comparison.c \
	client/show/show_human.c \
	client/show/show_joblog.c \
	client/show/show_json.c \
	client/show/show_report.c \
	client/show/show_summary.c \
	client/show/show_svg.c \
	client/show/show_timeline.c \
	client/show/show_trace.c \
	client/show/tally.c \
	client/show/tally.h \
	client/terminal/terminal.c \
	client/terminal/terminal.h \
	client/terminal/terminal_frame.c \
	client/terminal/terminal_frame.h \
	client/terminal/terminal_info.c \
	client/terminal/terminal_text.c \
	client/terminal/terminal_text.h \
	client/timeline/timeline.c \
	client/timeline/timeline.h \
	client/timeline/timeline_area.c \
	client/timeline/timeline_axis.c \
	client/timeline/timeline_axis.h \
	client/timeline/timeline_bins.c \
	client/timeline/timeline_draw.c \
	client/timeline/timeline_draw.h \
	client/timeline/timeline_internal.h \
	client/timeline/timeline_layout.c \
	client/timeline/timeline_layout.h \
	client/timeline/timeline_layout_pools.c \
	client/timeline/timeline_picture.c \
	client/timeline/timeline_picture.h \
	client/timeline/timeline_queues.c \
	client/timeline/timeline_queues.h \
	client/timeline/timeline_svg.c \
	client/timeline/timeline_svg.h \
	client/trace/chain.c \
	client/trace/chain.h \
	client/trace/flight.c \
	client/trace/flight.h \
	client/trace/lanes.c \
	client/trace/lanes.h \
	client/trace/roster.c \
	client/trace/roster.h \
	client/trace/trace_batch.c \
	client/trace/trace_counter.c \
	client/trace/trace_counter.h \
	client/trace/trace_internal.h \
	client/trace/trace_job.c \
	client/trace/trace_pools.c \
	client/trace/trace_pools.h \
	client/trace/trace_writer.c \
	client/trace/trace_writer.h

# The examples are the samples.
nodist_client_libwaitctl_a_SOURCES = client/cmd/example_table.c
CLEANFILES += client/cmd/example_table.c
EXTRA_DIST += client/cmd/example_table.awk

client/cmd/example_table.c: client/cmd/example_table.awk tests/samples/README.md \
		$(top_srcdir)/tests/samples/*.json
	@$(MKDIR_P) client/cmd
	$(AM_V_GEN)$(AWK) -v folder='$(top_srcdir)/tests/samples' \
	  -f '$(top_srcdir)/client/cmd/example_table.awk' '$(top_srcdir)/tests/samples/README.md' >$@.tmp && \
	  mv $@.tmp $@

bin_PROGRAMS += client/waitctl
client_waitctl_SOURCES = client/main.c
client_waitctl_LDADD = \
	client/libwaitctl.a daemon/session/libwaitd-session.a engine/libwaitd-engine.a proto/options/libwaitd-options.a \
	proto/token/libwaitd-token.a proto/libwaitd-proto.a $(CRYPT_LIBS) \
	$(MPFR_LIBS) $(JANSSON_LIBS) $(YAML_LIBS) $(UTF8PROC_LIBS) $(TINFO_LIBS) $(OPENSSL_LIBS)

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
