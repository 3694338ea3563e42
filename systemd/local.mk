# SPDX-License-Identifier: ISC
#
# The service's units; installed where configure was told to.  An empty
# directory is nowhere: tests install by `make install systemdsystemunitdir=...'.

systemd_units = systemd/waitd.service systemd/waitd.path
noinst_DATA = $(systemd_units)
CLEANFILES += $(systemd_units)
EXTRA_DIST += \
	systemd/examples/waitd-stdio@.service.in \
	systemd/waitd.path.in \
	systemd/waitd.service.in \
	systemd/waitd-http.socket \
	systemd/waitd-metrics.socket \
	systemd/waitd.socket \
	systemd/waitd.sysusers

systemdsystemunit_DATA = $(systemd_units) systemd/waitd.socket systemd/waitd-http.socket \
	systemd/waitd-metrics.socket

# The variant that binds by itself, for copying to /etc/systemd/system.
selfbindingdir = $(pkgdatadir)/self-binding
selfbindingservicedir = $(selfbindingdir)/waitd.service.d
dist_selfbindingservice_DATA = systemd/self-binding/waitd.service.d/self-binding.conf
selfbindingsocketdir = $(selfbindingdir)/waitd.socket.d
dist_selfbindingsocket_DATA = systemd/self-binding/waitd.socket.d/self-binding.conf

# The variant that is a node of a cluster, for the same place.
clusterservicedir = $(pkgdatadir)/cluster/waitd.service.d
nodist_clusterservice_DATA = systemd/cluster/waitd.service.d/cluster.conf
CLEANFILES += systemd/cluster/waitd.service.d/cluster.conf
EXTRA_DIST += systemd/cluster/waitd.service.d/cluster.conf.in

# The socket's group, wherever the socket goes.
sysusersdir = $(prefix)/lib/sysusers.d
install-data-local:
	test -z '$(systemdsystemunitdir)' || { \
	  $(MKDIR_P) '$(DESTDIR)$(sysusersdir)' && \
	  $(INSTALL_DATA) '$(srcdir)/systemd/waitd.sysusers' '$(DESTDIR)$(sysusersdir)/waitd.conf'; }
uninstall-local:
	test -z '$(systemdsystemunitdir)' || rm -f '$(DESTDIR)$(sysusersdir)/waitd.conf'

# waitd --stdio with a process for each client.
dist_examples_DATA += systemd/examples/waitd-stdio.socket

# Tokens, which the service manager reads for the service.
dist_examples_DATA += systemd/examples/waitd-tokens.conf
nodist_examples_DATA += systemd/examples/waitd-stdio@.service
CLEANFILES += systemd/examples/waitd-stdio@.service

# Not by config.status: directories follow `make prefix=...'.
systemd/waitd.service: systemd/waitd.service.in Makefile
	$(AM_V_GEN)$(MKDIR_P) systemd && \
	  $(SED) -e 's,[@]bindir[@],$(bindir),g' $(srcdir)/systemd/waitd.service.in >$@.new && \
	  mv $@.new $@
systemd/cluster/waitd.service.d/cluster.conf: systemd/cluster/waitd.service.d/cluster.conf.in Makefile
	$(AM_V_GEN)$(MKDIR_P) systemd/cluster/waitd.service.d && \
	  $(SED) -e 's,[@]bindir[@],$(bindir),g' $(srcdir)/systemd/cluster/waitd.service.d/cluster.conf.in >$@.new && \
	  mv $@.new $@
systemd/waitd.path: systemd/waitd.path.in Makefile
	$(AM_V_GEN)$(MKDIR_P) systemd && \
	  $(SED) -e 's,[@]sysconfdir[@],$(sysconfdir),g' $(srcdir)/systemd/waitd.path.in >$@.new && \
	  mv $@.new $@
systemd/examples/waitd-stdio@.service: systemd/examples/waitd-stdio@.service.in Makefile
	$(AM_V_GEN)$(MKDIR_P) systemd/examples && \
	  $(SED) -e 's,[@]bindir[@],$(bindir),g' '$(srcdir)/systemd/examples/waitd-stdio@.service.in' >$@.new && \
	  mv $@.new $@
