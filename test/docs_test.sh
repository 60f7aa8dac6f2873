#! /usr/bin/env atf-sh
# SPDX-License-Identifier: ISC
# docs_test.sh - nook.8 and README.md say what the table of settings says, and no more
# shellcheck shell=sh disable=SC1091,SC2016,SC2154

. "$(atf_get_srcdir)/helpers.sh"

manual=$(atf_get_srcdir)/../nook.8
readme=$(atf_get_srcdir)/../README.md
tab='	'

# settings_of_help: every row of the table, as letter TAB name TAB shape TAB preset; - for none
settings_of_help()
{
	"$nook" --help all | sed -n "s/^  \\(-.\\|  \\)[, ] --\\([^ ]*\\) \\(.*\\)$/\\1$tab\\2$tab\\3/p" |
	while IFS= read -r line; do
		letter=${line%%"$tab"*} line=${line#*"$tab"}
		name=${line%%"$tab"*} line=${line#*"$tab"}
		shape=${line%% *} preset=-
		case $line in
		*' ['*']') preset=${line##* [} preset=${preset%]} ;;
		esac
		[ "$letter" != "  " ] || letter=-
		printf '%s\t%s\t%s\t%s\n' "$letter" "$name" "${shape:--}" "$preset"
	done
}

# manual_settings: the .It lines of SETTINGS that begin with an option
manual_settings()
{
	sed -n '/^\.Sh SETTINGS$/,/^\.Sh OPTIONS$/p' "$manual" | grep '^\.It Fl '
}

atf_test_case manual__lint
manual__lint_head()
{
	atf_set descr "mandoc finds nothing to say about nook.8"
	atf_set require.progs mandoc
}
manual__lint_body()
{
	# what mandoc says of the machine's own list of manuals is not about this one
	mandoc -T lint -W style "$manual" 2>&1 | grep -v -e 'outdated mandoc.db' -e 'manual not found' >found
	atf_check -s exit:0 -o empty -e empty cat found
	atf_check -s exit:0 -o match:'^NOOK\(8\)' -e ignore mandoc -T ascii "$manual"
}

atf_test_case manual__settings_are_the_table
manual__settings_are_the_table_head()
{
	atf_set descr "each row is in SETTINGS with letter, shape and preset, in order, and nothing more is"
}
manual__settings_are_the_table_body()
{
	settings_of_help | while IFS=$tab read -r letter name shape preset; do
		line=".It Fl "
		[ "$letter" = - ] || line="${line}${letter#-} , Fl "
		line="$line\\-$name"
		[ "$shape" = - ] || line="$line Ar $shape"
		[ "$preset" = - ] || line="$line Bq $preset"
		printf '%s\n' "$line"
	done >expected
	[ "$(wc -l <expected)" -gt 40 ] || atf_fail "the table was not found in --help all"
	manual_settings >documented
	atf_check -s exit:0 -o empty -e empty diff -u expected documented
}

atf_test_case manual__groups_are_in_order
manual__groups_are_in_order_head()
{
	atf_set descr "the parts of SETTINGS are the groups of the table"
}
manual__groups_are_in_order_body()
{
	sed -n 's/^\[\([a-z0-9]*\)\]$/\1/p' "$(atf_get_srcdir)/../settings.tab" >expected
	sed -n '/^\.Sh SETTINGS$/,/^\.Sh OPTIONS$/s/^\.Ss //p' "$manual" | tr '[:upper:]' '[:lower:]' |
		tr -d ' ' >documented
	[ -s expected ] || atf_fail "no groups were found in settings.tab"
	atf_check -s exit:0 -o empty -e empty diff -u expected documented
}

atf_test_case readme__settings_are_the_table
readme__settings_are_the_table_head()
{
	atf_set descr "the settings in README's table are those of nook, each once, with their letters"
}
readme__settings_are_the_table_body()
{
	settings_of_help | while IFS=$tab read -r letter name _; do
		[ "$letter" = - ] && echo "$name" || echo "$name $letter"
	done | sort >expected
	sed -n '/^## Settings$/,/^## /p' "$readme" | grep '^| [A-Za-z0-9 ]* | `' |
		grep -o '`[a-z-]*`\( -[a-z]\)*' | tr -d '`' | sort >documented
	atf_check -s exit:0 -o empty -e empty diff -u expected documented
}

atf_test_case readme__commands_are_parsed
readme__commands_are_parsed_head()
{
	atf_set descr "each nook command line in a console block of README is understood"
}
readme__commands_are_parsed_body()
{
	sed -n '/^```console$/,/^```$/s/^# \(\.\/\)*nook //p' "$readme" >commands
	[ -s commands ] || atf_fail "README shows no command"
	nook_path=$(realpath "$nook")
	cd "$(atf_get_srcdir)/.." || atf_fail "no source tree"
	while IFS= read -r line; do
		line=${line#run }
		line=${line#explain }
		# the shell splits it as it would for a reader
		atf_check -s exit:0 -o match:'^command = ' -e empty sh -c "\"\$0\" explain $line" "$nook_path"
	done <"$OLDPWD/commands"
}

atf_test_case readme__settings_file_is_read
readme__settings_file_is_read_head()
{
	atf_set descr "the settings files in README and in nook.8 are understood"
}
readme__settings_file_is_read_body()
{
	sed -n '/^name = httpd$/,/^command = /p' "$readme" >readme.conf
	sed -n '/^name = httpd$/,/^command = /p' "$manual" >manual.conf
	for file in readme.conf manual.conf; do
		[ "$(wc -l <$file)" -gt 8 ] || atf_fail "$file was not found"
		atf_check -s exit:0 -o match:'^name = httpd' -e empty "$nook" explain -f $file
	done
}

atf_test_case report__keys_are_documented
report__keys_are_documented_head()
{
	atf_set descr "each key of the report is in nook.8 and in README, and no other is"
}
report__keys_are_documented_body()
{
	sed -n 's/^.*put_[a-z]*(s, "\([a-z-]*\)".*$/\1/p' "$(atf_get_srcdir)/../report.c" | sort >expected
	[ "$(wc -l <expected)" -gt 10 ] || atf_fail "the keys were not found in report.c"
	sed -n '/^\*\*Report keys\*\*/,/^$/p' "$readme" | grep -o '`[a-z-]*`' | tr -d '`' | sort >readme.keys
	atf_check -s exit:0 -o empty -e empty diff -u expected readme.keys
	sed -n '/^\.Sh THE REPORT$/,/^\.Sh /s/^\.It Cm //p' "$manual" | tr -s ' ,' '\n' | sort >manual.keys
	atf_check -s exit:0 -o empty -e empty diff -u expected manual.keys
}

atf_test_case readme__length
readme__length_head()
{
	atf_set descr "README stays below 350 lines, and the part for contributors within 60"
}
readme__length_body()
{
	[ "$(wc -l <"$readme")" -lt 350 ] || atf_fail "README has $(wc -l <"$readme") lines"
	sed -n '/^## Contributing$/,$p' "$readme" >part
	[ "$(wc -l <part)" -le 60 ] || atf_fail "the part for contributors has $(wc -l <part) lines"
}

atf_init_test_cases()
{
	atf_add_test_case manual__lint
	atf_add_test_case manual__settings_are_the_table
	atf_add_test_case manual__groups_are_in_order
	atf_add_test_case readme__settings_are_the_table
	atf_add_test_case readme__commands_are_parsed
	atf_add_test_case readme__settings_file_is_read
	atf_add_test_case report__keys_are_documented
	atf_add_test_case readme__length
}
