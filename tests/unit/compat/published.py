"""The published names that are here, by module; and those that are not, with a word of the reason."""

from __future__ import annotations

PRESENT: dict[str, str] = {
    "": (
        "Cell CircuitSimulation Connection SSim create_ball_stick MorphIOWrapper EmodelProperties Simulation "
        "NeuronGlobals RNGSettings PSection PSegment PlotWindow Dendrogram neuron "
        "set_verbose set_verbose_from_env VERBOSE_LEVEL ENV_VERBOSE_LEVEL BLUEPY_AVAILABLE import_hoc install"
    ),
    "analysis": "analysis inject_sequence plotting utils",
    "analysis.analysis": "compute_plot_iv_curve compute_plot_fi_curve BPAP",
    "analysis.inject_sequence": (
        "StimulusName Recording StimulusRecordings run_stimulus run_multirecordings_stimulus "
        "apply_multiple_stimuli"
    ),
    "analysis.plotting": "plot_iv_curve plot_fi_curve",
    "analysis.utils": "exp_decay",
    "cell": "Cell CellDict SonataProxy create_ball_stick MorphIOWrapper",
    "cell.ballstick": "create_ball_stick",
    "cell.cell_dict": "CellDict",
    "cell.core": "Cell",
    "cell.injector": "InjectableMixin",
    "cell.morphio_wrapper": (
        "MorphIOWrapper split_morphology_path contourcenter get_sides make_convex contour2centroid "
        "single_point_sphere_to_circular_contour resolve_case_insensitive_path is_h5_container_path SectionName"
    ),
    "cell.plotting": "PlottableMixin",
    "cell.random": "gamma",
    "cell.point_process": "BasePointProcessCell HocPointProcessCell mechanism_name_from_model_template",
    "cell.recording": "section_to_voltage_recording_str",
    "cell.section_distance": "EuclideanSectionDistance",
    "cell.section_tools": "currents_vars mechs_vars section_to_variable_recording_str",
    "cell.serialized_sections": "SerializedSections",
    "cell.sonata_proxy": "SonataProxy",
    "cell.stimuli_generator": "gen_shotnoise_signal get_relative_shotnoise_params gen_ornstein_uhlenbeck",
    "cell.template": (
        "TemplateParams NeuronTemplate public_hoc_cell shorten_and_hash_string check_compliance_with_neuron "
        "get_neuron_compliant_template_name"
    ),
    "circuit": (
        "CellId EmodelProperties SynapseProperty CircuitAccess SonataCircuitAccess SimulationAccess "
        "SonataSimulationAccess SimulationValidator"
    ),
    "circuit.circuit_access": (
        "EmodelProperties CircuitAccess SonataCircuitAccess get_synapse_connection_parameters"
    ),
    "circuit.circuit_access.definition": "EmodelProperties CircuitAccess get_synapse_connection_parameters",
    "circuit.circuit_access.parameters": "get_synapse_connection_parameters",
    "circuit.circuit_access.sonata_circuit_access": "SonataCircuitAccess",
    "circuit.circuit_access.synapse_tables": "synapse_table",
    "circuit.config": "SimulationConfig SonataSimulationConfig",
    "circuit.config.definition": "SimulationConfig",
    "circuit.config.sonata_simulation_config": "SonataSimulationConfig",
    "circuit.config.sections": (
        "Conditions MechanismConditions ConditionEntry ConnectionOverrides ModificationBase ModificationNodeSet "
        "ModificationTTX ModificationConfigureAllSections ModificationSectionList ModificationSection "
        "ModificationCompartmentSet modification_from_libsonata string_to_bool"
    ),
    "circuit.format": "CircuitFormat determine_circuit_format is_valid_json_file",
    "circuit.gid_resolver": "GidNamespace",
    "circuit.simulation_access": (
        "SimulationAccess SonataSimulationAccess get_synapse_replay_spikes _sample_array"
    ),
    "circuit.synapse_properties": (
        "SynapseProperty SynapseProperties properties_from_snap properties_to_snap properties_from_bluepy "
        "properties_to_bluepy synapse_property_encoder synapse_property_decoder snap_to_synproperty "
        "synproperty_to_snap"
    ),
    "circuit.validate": "SimulationValidator check_nrrp_value BLUEPY_AVAILABLE",
    "circuit.node_id": "CellId create_cell_id create_cell_ids",
    "circuit_simulation": "CircuitSimulation SSim",
    "connection": "Connection",
    "dendrogram": "Dendrogram",
    "exceptions": (
        "BluecellulabError TargetDoesNotExist UndefinedRNGException UnsteadyCellError ConfigError NeuronEvalError "
        "MissingSonataPropertyError SectionDoesNotExistError ExtraDependencyMissingError error_context"
    ),
    "graph": "build_graph plot_graph",
    "importer": "import_mod_lib import_hoc load_mod_files print_header neuron",
    "neuron": "h",
    "neuron_interpreter": "eval_neuron NeuronEvalError",
    "plotwindow": "PlotWindow",
    "point": "PointProcessConnection PointProcessConnParameters",
    "point.connection_params": "PointProcessConnParameters",
    "point.point_connection": "PointProcessConnection",
    "psection": "PSection init_psections",
    "psegment": "PSegment",
    "reports": "manager utils writers",
    "reports.manager": "ReportManager SUPPORTED_REPORT_TYPES",
    "reports.utils": (
        "prepare_recordings_for_reports build_recording_sites extract_spikes_from_cells RecordedCell "
        "payload_to_cells collect_local_payload collect_local_spikes gather_payload_to_rank0 "
        "gather_recording_sites merge_dicts merge_spikes"
    ),
    "reports.writers": "CompartmentReportWriter SpikeReportWriter get_writer REGISTRY",
    "reports.writers.base_writer": "BaseReportWriter",
    "reports.writers.compartment": "CompartmentReportWriter",
    "reports.writers.spikes": "SpikeReportWriter",
    "rngsettings": "RNGSettings",
    "simulation": "Simulation set_global_condition_parameters set_minis_single_vesicle_values",
    "simulation.modifications": "parse_section_configure apply_modifications SECTION_LIST_MAP",
    "simulation.neuron_globals": (
        "NeuronGlobals NeuronGlobalParams set_neuron_globals set_global_condition_parameters "
        "set_init_depleted_values set_minis_single_vesicle_values"
    ),
    "simulation.parallel": "IsolatedProcess",
    "simulation.simulation": "Simulation",
    "stimulus": "StimulusFactory",
    "stimulus.circuit_stimulus_definitions": (
        "Stimulus Noise Hyperpolarizing Pulse Linear RelativeLinear SynapseReplay ShotNoise RelativeShotNoise "
        "OrnsteinUhlenbeck RelativeOrnsteinUhlenbeck Sinusoidal SEClamp SubThreshold ClampMode Pattern"
    ),
    "stimulus.factory": (
        "StimulusFactory Stimulus APWaveformTimings IDRestTimings IVTimings FirePatternTimings PosCheopsTimings "
        "NegCheopsTimings SineSpecTimings"
    ),
    "stimulus.stimulus": (
        "Stimulus CombinedStimulus Empty Flat Slope Zap Step Ramp DelayedZap OrnsteinUhlenbeck ShotNoise "
        "StepNoise Sinusoidal SinusoidalWave Pulse PulseTrain"
    ),
    "synapse": "Synapse AmpanmdaSynapse GabaabSynapse GluSynapse Exp2Syn SynapseFactory",
    "synapse.synapse_factory": "SynapseFactory SynapseType",
    "synapse.synapse_helpers": (
        "load_synapse_helper helper_available helper_loaded_from get_helper_needed_attributes "
        "get_helper_uhill_scale_vars warn_if_not_random123"
    ),
    "synapse.synapse_types": (
        "Synapse AmpanmdaSynapse GabaabSynapse GluSynapse Exp2Syn GenericSpikeSynapse SynapseID SynapseHocArgs"
    ),
    "tools": (
        "calculate_input_resistance calculate_SS_voltage calculate_SS_voltage_subprocess holding_current "
        "holding_current_subprocess template_accepts_cvode search_hyp_current detect_hyp_current "
        "detect_spike_step detect_spike_step_subprocess detect_spike search_threshold_current "
        "check_empty_topology calculate_max_thresh_current calculate_rheobase validate_section_and_segment "
        "resolve_source_nodes compute_memodel_properties compute_memodel_properties_v2"
    ),
    "type_aliases": "HocObjectType NeuronSection NeuronVector NeuronRNG TStim SectionMapping SiteEntry ReportSite",
    "utils": "run_once CaptureOutput NumpyEncoder NestedPool efel_settings",
    "validation": (
        "TestResult ValidationTest Protocol StepProtocol SequenceProtocol Measurement EfelMeasurement Criterion "
        "GreaterThan EqualTo IsFalse ParametricValidation"
    ),
    "validation.base": "TestResult ValidationTest",
    "validation.criterion": "Criterion GreaterThan EqualTo IsFalse",
    "validation.measurement": "Measurement EfelMeasurement",
    "validation.parametric_validation": "ParametricValidation",
    "validation.protocol": "Protocol StepProtocol SequenceProtocol",
    "validation.validation": (
        "run_validations spiking_test depolarization_block_test bpap_test ais_spiking_test "
        "hyperpolarization_test rin_test iv_test fi_test thumbnail_test plot_trace plot_traces "
        "DEFAULT_SPIKE_THRESHOLD_VOLTAGE EFEL_DEFAULT_SPIKE_THRESHOLD_VOLTAGE"
    ),
    "verbosity": "set_verbose set_verbose_from_env VERBOSE_LEVEL ENV_VERBOSE_LEVEL",
}

CELL = (
    "cell_id post_gid cell template_id template_params hypamp threshold soma recordings report_sites synapses "
    "connections ips syn_mini_netcons hocname record_dt delayed_weights psections secname_to_psection "
    "is_made_passive sonata_proxy persistent last_id somatic basal apical axonal sections n_segments area "
    "get_section get_sections get_section_by_id get_section_id get_psection make_passive enable_ttx disable_ttx "
    "ttx_enabled re_init_rng add_recording add_recordings get_recording add_voltage_recording "
    "get_voltage_recording add_allsections_voltagerecordings get_allsections_voltagerecordings "
    "add_ais_recording get_ais_voltage add_variable_recording get_variable_recording add_currents_recordings "
    "get_time get_soma_voltage get_precise_record_dt create_netcon_spikedetector start_recording_spikes "
    "is_recording_spikes get_recorded_spikes get_childrensections get_parentsection apical_trunk "
    "euclid_section_distance info_dict delete from_template_parameters add_step add_ramp add_pulse "
    "add_voltage_clamp add_noise_step add_replay_noise add_replay_hypamp add_replay_linear "
    "add_replay_relativelinear add_replay_subthreshold add_replay_shotnoise add_replay_relative_shotnoise "
    "add_ornstein_uhlenbeck add_relative_ornstein_uhlenbeck inject_current_waveform inject_current_clamp_signal "
    "inject_dynamic_clamp_signal add_sin_current addSineCurrentInject add_alpha_synapse add_sinusoidal "
    "add_seclamp relativity_proportion add_replay_synapse add_replay_minis add_replay_delayed_weight "
    "add_synapse_replay pre_gids pre_gid_synapse_ids connect_to_circuit configure_recording "
    "resolve_segments_from_config resolve_segments_from_compartment_set add_plot_window add_dendrogram "
    "init_callbacks plot_callback weights_callback delete_plottable plot_windows cell_dendrograms"
)

ABSENT: dict[str, str] = {"utils": "NoDaemonProcess", "circuit": "BluepyCircuitAccess"}
ABSENT_MODULES = "circuit.iotools simulation.report"
