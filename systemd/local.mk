# SPDX-License-Identifier: ISC
#
# The service's units; installed where configure was told to.

systemd_units = systemd/waitd.service
noinst_DATA = $(systemd_units)
EXTRA_DIST += systemd/waitd.service.in systemd/waitd.socket
CLEANFILES += $(systemd_units)

if INSTALL_UNITS
systemdsystemunit_DATA = $(systemd_units) systemd/waitd.socket
endif

# Not by config.status: directories follow `make prefix=...'.
systemd/waitd.service: systemd/waitd.service.in Makefile
	$(AM_V_GEN)$(MKDIR_P) systemd && \
	  $(SED) -e 's,[@]bindir[@],$(bindir),g' $(srcdir)/systemd/waitd.service.in >$@.new && \
	  mv $@.new $@
