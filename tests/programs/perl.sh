# requires: perl
# exe: perl
set -eu
perl -e '
	use strict; use warnings; use List::Util qw(sum shuffle);
	srand(42);
	my %h; $h{"k" . int(rand(5000))} .= chr(97 + $_ % 26) for 1 .. 200000;
	print scalar(keys %h), " ", sum(map { length } values %h), "\n";
	my $text = join(" ", map { "$_=$h{$_}" } sort keys %h);
	my $n = () = $text =~ /([aeiou])([^aeiou\s]+)\1/g;
	print "$n\n";
	my @sorted = sort { $a->[0] <=> $b->[0] or $a->[1] cmp $b->[1] }
		map { [length($h{$_}), $_] } keys %h;
	print join(",", map { $_->[1] } @sorted[0 .. 20]), "\n";
	my $s = ""; $s = "$s$_;" for 1 .. 20000; print length($s), "\n";
	print eval { die { code => 5 } } // "died $@->{code}", "\n";
	print sprintf("%s", unpack("%32C*", $text)), "\n";
'
